import { parseInteger } from "../model/lexical.ts";
import { faultText } from "../rpc/fault-codes.ts";
import type { Fault, ParameterFault } from "../rpc/table.ts";
import { childOf } from "../xml/element.ts";
import type { XmlElement } from "../xml/element.ts";
import { textElement, wrapElement } from "../xml/writer.ts";
import type { Role } from "./envelope.ts";

/** The code of a fault that names none: an internal error of its sender. */
const INTERNAL_ERROR = { acs: 8002, device: 9002 } as const;

/** Codes that blame the request [CWMP 1.4 A.5]; all others are the server's own trouble. */
const BLAMES_REQUEST: ReadonlySet<number> = new Set([8003, 9003, 9005, 9006, 9007, 9008]);

/** What SOAP stacks write where the CWMP fault inside says more. */
const NO_MESSAGE = /^(?:CWMP fault)?$/i;

/** Reads a SOAP fault, wherever in it the CWMP fault lies; one that says nothing is told by its code's meaning. */
export function readFault(element: XmlElement, sender: Role): Fault {
  const detail = childOf(element, "detail") ?? element;
  const cwmp =
    [childOf(detail, "Fault"), detail, element].find((at) => at !== undefined && hasCode(at)) ?? detail;
  const code = parseInteger(textOf(cwmp, "FaultCode"), "int") ?? INTERNAL_ERROR[sender];
  const texts = [textOf(cwmp, "FaultString"), textOf(element, "faultstring")];
  const message = texts.find((text) => !NO_MESSAGE.test(text)) ?? faultText(code);
  const faults = parameterFaults(cwmp);
  return { code, message, ...(faults.length === 0 ? {} : { data: { SetParameterValuesFault: faults } }) };
}

function hasCode(element: XmlElement): boolean {
  return childOf(element, "FaultCode") !== undefined;
}

/** They stand side by side, or inside an element of the same name; one that holds nothing tells nothing. */
function parameterFaults(parent: XmlElement): readonly ParameterFault[] {
  const entries = parent.children.filter(
    ({ local, children }) => local === "SetParameterValuesFault" && children.length > 0,
  );
  return entries.flatMap((entry) => {
    const inner = parameterFaults(entry);
    return inner.length > 0 ? inner : [readParameterFault(entry)];
  });
}

function readParameterFault(entry: XmlElement): ParameterFault {
  return {
    ParameterName: textOf(entry, "ParameterName"),
    FaultCode: parseInteger(textOf(entry, "FaultCode"), "int") ?? INTERNAL_ERROR.device,
    FaultString: textOf(entry, "FaultString"),
  };
}

function textOf(element: XmlElement, local: string): string {
  return (childOf(element, local)?.text ?? "").trim();
}

/** Writes the content of a SOAP Body that is a fault. A code that is not the writer's to use becomes an internal error. */
export function writeFault(fault: Fault, writer: Role): string {
  const code = isOwnCode(fault.code, writer) ? fault.code : INTERNAL_ERROR[writer];
  const entries = fault.data?.SetParameterValuesFault ?? [];
  const cwmp =
    textElement("FaultCode", String(code)) +
    textElement("FaultString", fault.message === "" ? faultText(code) : fault.message) +
    entries.map(writeParameterFault).join("");
  return wrapElement(
    "soap-env:Fault",
    textElement("faultcode", BLAMES_REQUEST.has(code) ? "Client" : "Server") +
      textElement("faultstring", "CWMP fault") +
      wrapElement("detail", wrapElement("cwmp:Fault", cwmp)),
  );
}

function isOwnCode(code: number, writer: Role): boolean {
  const first = writer === "acs" ? 8000 : 9000;
  return Number.isInteger(code) && code >= first && code < first + 900;
}

function writeParameterFault(entry: ParameterFault): string {
  const code = isOwnCode(entry.FaultCode, "device") ? entry.FaultCode : INTERNAL_ERROR.device;
  return wrapElement(
    "SetParameterValuesFault",
    textElement("ParameterName", entry.ParameterName) +
      textElement("FaultCode", String(code)) +
      textElement("FaultString", entry.FaultString),
  );
}
