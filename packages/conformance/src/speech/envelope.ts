import { isFields, isList, type Fields, type Json } from "../json.ts";
import { escapeXml } from "./xml.ts";

export interface Device {
  readonly oui: string;
  readonly productClass: string;
  readonly serialNumber: string;
}

/** Around a body; without an id where that is undefined. `header` is more of the Header. */
export function envelope(
  body: string,
  { id, header = "" }: { readonly id?: string | undefined; readonly header?: string } = {},
): string {
  const idElement = id === undefined ? "" : `<cwmp:ID soap-env:mustUnderstand="1">${escapeXml(id)}</cwmp:ID>`;
  const head = idElement + header === "" ? "" : `<soap-env:Header>${idElement}${header}</soap-env:Header>`;
  return (
    `<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/" ` +
    `xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ` +
    `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="urn:dslforum-org:cwmp-1-2">${head}` +
    `<soap-env:Body>${body}</soap-env:Body></soap-env:Envelope>`
  );
}

export function faultBody(code: number): string {
  return (
    `<soap-env:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>` +
    `<FaultCode>${code}</FaultCode><FaultString>refused</FaultString></cwmp:Fault></detail></soap-env:Fault>`
  );
}

/** The element of an RPC with fields as `cwmp.json` has them. */
export function rpcBody(method: string, params: Fields): string {
  const fields = Object.entries(params).map(([name, value]) => field(name, value));
  return `<cwmp:${method}>${fields.join("")}</cwmp:${method}>`;
}

function field(name: string, value: Json): string {
  if (name === "ParameterList" && isFields(value)) return parameterList(value);
  if (name === "Event" && isList(value))
    return list(
      name,
      "cwmp:EventStruct",
      value.map((one) => structOf("EventStruct", one)),
    );
  if (isList(value))
    return list(
      name,
      "xsd:string",
      value.map((one) => `<string>${scalar(one)}</string>`),
    );
  return isFields(value) ? structOf(name, value) : `<${name}>${scalar(value)}</${name}>`;
}

function list(name: string, type: string, items: readonly string[]): string {
  return `<${name} soap-enc:arrayType="${type}[${items.length}]">${items.join("")}</${name}>`;
}

function structOf(name: string, value: Json): string {
  const fields = isFields(value) ? Object.entries(value).map(([inner, one]) => field(inner, one)) : [];
  return `<${name}>${fields.join("")}</${name}>`;
}

function parameterList(grouped: Fields): string {
  const structs = Object.entries(grouped).flatMap(([object, leaves]) =>
    Object.entries(isFields(leaves) ? leaves : {}).map(([leaf, value]) => {
      const [text, type] = typed(value);
      return `<ParameterValueStruct><Name>${object}${leaf}</Name><Value xsi:type="xsd:${type}">${escapeXml(text)}</Value></ParameterValueStruct>`;
    }),
  );
  return list("ParameterList", "cwmp:ParameterValueStruct", structs);
}

function typed(value: Json): readonly [text: string, type: string] {
  if (isList(value)) {
    const [text, type] = value.map(String);
    return [text ?? "", type ?? "string"];
  }
  if (typeof value === "string") return [value, "string"];
  return [scalar(value), typeof value === "boolean" ? "boolean" : "unsignedInt"];
}

function scalar(value: Json): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "string" || typeof value === "number" ? escapeXml(String(value)) : "";
}
