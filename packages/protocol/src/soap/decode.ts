import { accept, refuse } from "../decoded.ts";
import type { Decoded } from "../decoded.ts";
import type { Limits } from "../limits.ts";
import type { Fields } from "../rpc/field.ts";
import { acsRpc, deviceRpc, isVendorMethod } from "../rpc/table.ts";
import { childOf } from "../xml/element.ts";
import type { XmlElement } from "../xml/element.ts";
import { readXml } from "../xml/reader.ts";
import type { MessagePart, Role, SoapEnvelope } from "./envelope.ts";
import { readFault } from "./fault.ts";
import { readStruct } from "./field-reader.ts";
import { noFindings } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { readHeader } from "./header.ts";
import { cwmpNamespace } from "./namespaces.ts";
import { readVendor } from "./vendor.ts";

const ANSWER_SUFFIX = "Response";
const MAX_SHOWN_CHARS = 64;
const OTHER_SIDE = { acs: "device", device: "acs" } as const;
const DECLARATION = /^\s*<\?xml\s/;

export interface SoapReading<R extends Role> {
  /** Who reads: the ACS takes requests to itself and answers of devices, a device the reverse. */
  readonly role: R;
  readonly limits: Limits;
}

/**
 * Reads one SOAP message as real devices send it: names count without their prefixes, order and counts do not count at
 * all, and what is missing has a default. Refused is only what is no SOAP envelope; a method that is unknown, or whose
 * content cannot be understood, is a kind of body, so that it can be answered with a fault in kind.
 */
export function decodeEnvelope<R extends Role>(
  text: string,
  reading: SoapReading<R>,
): Decoded<SoapEnvelope<R>>;
export function decodeEnvelope(text: string, reading: SoapReading<Role>): Decoded<unknown> {
  const document = readXml(text, reading.limits);
  if (!document.ok) return document;
  const envelope = document.value;
  const content = childOf(envelope, "Body")?.children[0];
  if (envelope.local !== "Envelope") return refuse("not-soap", shown(envelope.local), "it is no Envelope");
  if (content === undefined) return refuse("not-soap", "Envelope/Body", "it is missing or empty");
  const header = childOf(envelope, "Header");
  const id = header === undefined ? undefined : childOf(header, "ID")?.text.trim();
  const findings = noFindings();
  const body = readBody(content, reading.role, findings);
  const { booleans } = findings;
  return accept({
    namespace: usedNamespace(content),
    ...(id === undefined ? {} : { id }),
    header: header === undefined ? {} : readHeader(header),
    body,
    style: { declaration: DECLARATION.test(text), ...(booleans === undefined ? {} : { booleans }) },
  });
}

function readBody(content: XmlElement, role: Role, findings: Findings): unknown {
  const { local } = content;
  if (local === "Fault") return { kind: "fault", fault: readFault(content, OTHER_SIDE[role]) };
  const part = local.endsWith(ANSWER_SUFFIX) ? "answer" : "request";
  const method = part === "answer" ? local.slice(0, -ANSWER_SUFFIX.length) : local;
  const fields = fieldsOf(part, method, role);
  const isUnknown = fields === undefined && !isVendorMethod(method);
  if (isUnknown) return { kind: "unknown-method", part, method: shown(method) };
  const source = { parent: content, at: `Envelope/Body/${local}`, findings };
  const value = fields === undefined ? readVendor(content) : readStruct(fields, source);
  if (findings.problem !== undefined) return { kind: "malformed", part, method, problem: findings.problem };
  return part === "request" ? { kind: part, method, params: value } : { kind: part, method, result: value };
}

/** Undefined for a method that is not in the table of that direction. */
function fieldsOf(part: MessagePart, method: string, role: Role): Fields | undefined {
  const isCalledOnAcs = (role === "acs") === (part === "request");
  const definition = isCalledOnAcs ? acsRpc(method) : deviceRpc(method);
  return part === "request" ? definition?.request : definition?.answer;
}

/** A fault may name the namespace inside its detail only. */
function usedNamespace(content: XmlElement): string {
  const detail = content.local === "Fault" ? childOf(content, "detail") : undefined;
  const element = (detail === undefined ? undefined : childOf(detail, "Fault")) ?? content;
  return cwmpNamespace(element.scope, element.prefix);
}

function shown(name: string): string {
  return name.slice(0, MAX_SHOWN_CHARS);
}
