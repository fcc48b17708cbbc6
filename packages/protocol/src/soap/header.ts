import { parseBoolean, parseInteger } from "../model/lexical.ts";
import { childOf } from "../xml/element.ts";
import type { XmlElement } from "../xml/element.ts";
import { escapeAttribute, textElement, wrapElement } from "../xml/writer.ts";
import type { SoapHeader, WebSocketReference } from "./envelope.ts";
import { flagText } from "./list-writer.ts";
import { LIGHT } from "./namespaces.ts";

/** Reads the header elements that mean something; all others are ignored, whatever their mustUnderstand says. */
export function readHeader(header: XmlElement): SoapHeader {
  const read: { -readonly [K in keyof SoapHeader]: SoapHeader[K] } = {};
  for (const element of header.children) {
    const text = element.text.trim();
    switch (element.local) {
      case "HoldRequests":
        read.holdRequests = parseBoolean(text) ?? false;
        break;
      case "SessionTimeout": {
        const seconds = parseInteger(text, "unsignedInt");
        if (seconds !== undefined) read.sessionTimeout = seconds;
        break;
      }
      case "SupportedCWMPVersions":
        read.supportedCwmpVersions = listed(text);
        break;
      case "UseCWMPVersion":
        read.useCwmpVersion = text;
        break;
      case "WebSocketSupport":
        read.webSocketSupport = listed(childOf(element, "Subprotocols")?.text ?? "");
        break;
      case "WebSocketReference":
        read.webSocketReference = readReference(element);
        break;
      default:
        break;
    }
  }
  return read;
}

function listed(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

function readReference(element: XmlElement): WebSocketReference {
  const textOf = (local: string): string => (childOf(element, local)?.text ?? "").trim();
  return {
    url: textOf("URL"),
    subprotocol: textOf("Subprotocol"),
    token: textOf("Token"),
    expiresIn: parseInteger(textOf("ExpiresIn"), "unsignedInt") ?? 0,
  };
}

/** Writes the Header's content in the order of the schemas. */
export function writeHeader(id: string | undefined, header: SoapHeader): string {
  const { holdRequests, sessionTimeout, supportedCwmpVersions, useCwmpVersion } = header;
  const holds = holdRequests === undefined ? undefined : flagText(holdRequests);
  return (
    writeGiven("cwmp:ID", id, 1) +
    writeGiven("cwmp:HoldRequests", holds, 1) +
    writeGiven("cwmp:SessionTimeout", sessionTimeout?.toString(), 0) +
    writeGiven("cwmp:SupportedCWMPVersions", supportedCwmpVersions?.join(","), 0) +
    writeGiven("cwmp:UseCWMPVersion", useCwmpVersion, 1) +
    writeLight(header)
  );
}

function writeGiven(name: string, text: string | undefined, must: 0 | 1): string {
  return text === undefined ? "" : textElement(name, text, mustUnderstand(must));
}

function writeLight({ webSocketSupport, webSocketReference: reference }: SoapHeader): string {
  if (webSocketSupport === undefined && reference === undefined) return "";
  const attributes = ` xmlns:lt="${escapeAttribute(LIGHT)}"${mustUnderstand(0)}`;
  const support =
    webSocketSupport === undefined
      ? ""
      : wrapElement(
          "lt:WebSocketSupport",
          textElement("Subprotocols", webSocketSupport.join(" ")),
          attributes,
        );
  if (reference === undefined) return support;
  const content =
    textElement("URL", reference.url) +
    textElement("Subprotocol", reference.subprotocol) +
    textElement("Token", reference.token) +
    textElement("ExpiresIn", String(reference.expiresIn));
  return support + wrapElement("lt:WebSocketReference", content, attributes);
}

function mustUnderstand(value: 0 | 1): string {
  return ` soap-env:mustUnderstand="${String(value)}"`;
}
