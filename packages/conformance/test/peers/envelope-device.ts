import { leavesOf, namesBelow } from "./lamp.ts";
import { envelope, informBody, type DeviceVoice, type Wire } from "./small-device.ts";

let count = 0;

/** `cwmp.soap` of a device, with the rule that it breaks. */
export function envelopeDevice(
  wire: Wire,
  reboot: (commandKey: string) => void,
  breaks: string | undefined,
): DeviceVoice {
  const cwmp = breaks === "declares no namespace" ? "" : undefined;
  const write = (id: string | undefined, body: string): void =>
    wire.say(envelope(id === undefined ? "" : `<cwmp:ID>${id}</cwmp:ID>`, body, cwmp));
  const ask = (body: string): void => write(`d${(count += 1)}`, body);
  const GET = "<cwmp:GetRPCMethods/>";
  ask(informBody([["2 PERIODIC", ""]]));
  if (breaks === "asks twice at once") ask(GET);
  const serve = (method: string, text: string): void => {
    const own = /ID[^>]*>([^<]*)</.exec(text)?.[1];
    write(breaks === "returns no ID" ? undefined : own, soapOutcome(method, text, breaks));
    if (method === "Reboot") reboot(/<CommandKey>([^<]*)/.exec(text)?.[1] ?? "");
  };
  return (message) => {
    const method = /Body>\s*<(?:\w+:)?(\w+)/.exec(message)?.[1] ?? "";
    const isAnswer = method.endsWith("Response") || method === "Fault";
    if (message === "" && breaks === "answers a sign of life")
      write(undefined, "<cwmp:GetRPCMethodsResponse/>");
    else if (message === "") wire.say("");
    else if (!message.startsWith("<")) wire.close(1003);
    else if (method === "InformResponse" && breaks !== "asks twice at once") ask(GET);
    else if (!isAnswer) serve(method, message);
  };
}

function soapOutcome(method: string, text: string, breaks: string | undefined): string {
  switch (method) {
    case "GetParameterValues": {
      const names = [...text.matchAll(/<string>([^<]*)/g)].map(([, name = ""]) => name);
      const found = names.map(leavesOf);
      return found.includes(undefined) ? fault(9005) : valuesBody(found.flatMap((leaves) => leaves ?? []));
    }
    case "GetParameterNames": {
      const path = /<ParameterPath>([^<]*)/.exec(text)?.[1] ?? "";
      const structs = namesBelow(path, breaks === "lists the object itself").map(
        (name) => `<ParameterInfoStruct><Name>${name}</Name><Writable>0</Writable></ParameterInfoStruct>`,
      );
      return `<cwmp:GetParameterNamesResponse><ParameterList>${structs.join("")}</ParameterList></cwmp:GetParameterNamesResponse>`;
    }
    case "SetParameterValues": {
      const name = /<Name>([^<]*)/.exec(text)?.[1] ?? "";
      const one = `<SetParameterValuesFault><ParameterName>${name}</ParameterName><FaultCode>9005</FaultCode><FaultString>no</FaultString></SetParameterValuesFault>`;
      return fault(9003, one);
    }
    case "Reboot":
      return "<cwmp:RebootResponse/>";
    case "GetRPCMethods":
      return "<cwmp:GetRPCMethodsResponse><MethodList><string>GetRPCMethods</string></MethodList></cwmp:GetRPCMethodsResponse>";
    default:
      return fault(breaks === "has another code for an RPC that it has not" ? 9005 : 9000);
  }
}

function valuesBody(leaves: readonly (readonly [path: string, value: unknown])[]): string {
  const structs = leaves.map(
    ([path, value]) =>
      `<ParameterValueStruct><Name>${path}</Name><Value xsi:type="xsd:string">${String(value)}</Value></ParameterValueStruct>`,
  );
  return `<cwmp:GetParameterValuesResponse><ParameterList>${structs.join("")}</ParameterList></cwmp:GetParameterValuesResponse>`;
}

function fault(code: number, more = ""): string {
  return `<soap-env:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault><FaultCode>${code}</FaultCode><FaultString>no</FaultString>${more}</cwmp:Fault></detail></soap-env:Fault>`;
}
