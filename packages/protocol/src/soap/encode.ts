import { isRecord } from "../model/record.ts";
import type { Fields } from "../rpc/field.ts";
import { acsRpc, deviceRpc } from "../rpc/table.ts";
import type { AcsAnswer, AcsRequest, DeviceAnswer, DeviceRequest, Fault } from "../rpc/table.ts";
import { escapeAttribute, wrapElement, XML_DECLARATION } from "../xml/writer.ts";
import type { Role, SoapHeader, SoapStyle } from "./envelope.ts";
import { writeFault } from "./fault.ts";
import { writeStruct } from "./field-writer.ts";
import { writeHeader } from "./header.ts";
import { SOAP_ENCODING, SOAP_ENVELOPE, XML_SCHEMA, XML_SCHEMA_INSTANCE } from "./namespaces.ts";
import { writeVendor } from "./vendor.ts";

/** What every message carries around its body. */
export interface SoapFrame {
  /** Absent where the other side sent none. */
  readonly id?: string | undefined;
  /** The CWMP namespace that the other side uses. */
  readonly namespace: string;
  readonly header?: SoapHeader;
  readonly style?: SoapStyle;
}

/** Writes an RPC of either side as a SOAP envelope that the schema of its namespace accepts. */
export function encodeRequest(message: SoapFrame & { readonly request: DeviceRequest | AcsRequest }): string {
  const { method, params } = message.request;
  const fields = (deviceRpc(method) ?? acsRpc(method))?.request;
  return writeEnvelope(message, wrapElement(`cwmp:${method}`, writeContent(fields, params, message.style)));
}

/** Writes the answer to an RPC of either side. */
export function encodeAnswer(message: SoapFrame & (DeviceAnswer | AcsAnswer)): string {
  const { method, result } = message;
  const fields = (deviceRpc(method) ?? acsRpc(method))?.answer;
  return writeEnvelope(
    message,
    wrapElement(`cwmp:${method}Response`, writeContent(fields, result, message.style)),
  );
}

/** Writes a refusal; `role` is the side that refuses. */
export function encodeFault(message: SoapFrame & { readonly fault: Fault; readonly role: Role }): string {
  return writeEnvelope(message, writeFault(message.fault, message.role));
}

/** A vendor's RPC has no fields in any table. */
function writeContent(fields: Fields | undefined, value: unknown, style: SoapStyle = {}): string {
  if (fields !== undefined) return writeStruct(fields, value, style.booleans ?? "digits");
  return isRecord(value) ? writeVendor(value) : "";
}

function writeEnvelope(frame: SoapFrame, body: string): string {
  const { id, namespace, header = {}, style = {} } = frame;
  const attributes =
    ` xmlns:soap-env="${SOAP_ENVELOPE}" xmlns:soap-enc="${SOAP_ENCODING}" xmlns:xsd="${XML_SCHEMA}"` +
    ` xmlns:xsi="${XML_SCHEMA_INSTANCE}" xmlns:cwmp="${escapeAttribute(namespace)}"`;
  const content =
    wrapElement("soap-env:Header", writeHeader(id, header)) + wrapElement("soap-env:Body", body);
  return (
    (style.declaration === true ? XML_DECLARATION : "") +
    wrapElement("soap-env:Envelope", content, attributes)
  );
}
