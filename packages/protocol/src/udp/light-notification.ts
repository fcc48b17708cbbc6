import { accept, refuse, type Decoded } from "../decoded.ts";
import type { Limits } from "../limits.ts";
import type { DeviceId } from "../model/device-id.ts";
import { childOf, type XmlElement } from "../xml/element.ts";
import { readXml } from "../xml/reader.ts";
import { escapeAttribute, textElement, wrapElement, XML_DECLARATION } from "../xml/writer.ts";

/** What a device says in one datagram of parameters that changed [TR-069 Annex M]; anybody can say it. */
export interface LightNotification {
  /** Seconds since 1970, by the device's clock. */
  readonly timestamp: number;
  /** The device's ManagementServer.Username. */
  readonly username: string;
  readonly cnonce: string;
  readonly device: NotifyingDevice;
  readonly parameters: readonly ClaimedParameter[];
}

export type NotifyingDevice = Pick<DeviceId, "OUI" | "ProductClass" | "SerialNumber">;

export interface ClaimedParameter {
  readonly name: string;
  readonly value: string;
}

/** What fits into a datagram, and no more than it can mean. */
export const lightNotificationLimits: Limits = { maxChars: 65_535, maxDepth: 8, maxNodes: 1_000 };

/**
 * Reads the Notification of a datagram, whatever stands before it: devices in the field put a few lines there that look like
 * HTTP, with a signature.
 */
export function readLightNotification(text: string, limits: Limits): Decoded<LightNotification> {
  if (text.length > limits.maxChars) return refuse("over-limit", "0", "too long for a datagram");
  const start = text.indexOf("<");
  if (start < 0) return refuse("not-xml", "0", "there is no element");
  const read = readXml(text.slice(start), limits);
  if (!read.ok) return read;
  if (read.value.local !== "Notification") return refuse("bad-field", "/", "its root is no Notification");
  return notificationOf(read.value);
}

/** As a device writes it, without a signature. */
export function writeLightNotification(notification: LightNotification): string {
  const { timestamp, username, cnonce, device, parameters } = notification;
  const fields = [
    ["TS", String(timestamp)],
    ["UN", username],
    ["CN", cnonce],
    ["OUI", device.OUI],
    ["ProductClass", device.ProductClass],
    ["SerialNumber", device.SerialNumber],
  ] as const;
  const claims = parameters.map(({ name, value }) =>
    wrapElement("lwn:Param", textElement("lwn:Name", name) + textElement("lwn:Value", value)),
  );
  const content = [...fields.map(([name, value]) => textElement(`lwn:${name}`, value)), ...claims].join("");
  return (
    XML_DECLARATION + wrapElement("lwn:Notification", content, ` xmlns:lwn="${escapeAttribute(NAMESPACE)}"`)
  );
}

const NAMESPACE = "urn:broadband-forum-org:cwmp:lwnotif-1-0";

function notificationOf(root: XmlElement): Decoded<LightNotification> {
  const text = (name: string): string | undefined => childOf(root, name)?.text.trim();
  const [timestamp, OUI, SerialNumber] = [text("TS"), text("OUI"), text("SerialNumber")];
  if (timestamp === undefined || !/^\d{1,10}$/.test(timestamp)) {
    return refuse("bad-field", "/Notification/TS", "no time");
  }
  if (OUI === undefined || SerialNumber === undefined) {
    return refuse("bad-field", "/Notification", "it does not say whose it is");
  }
  const parameters = root.children.filter(({ local }) => local === "Param").map(parameterOf);
  const named = parameters.filter((parameter) => parameter !== undefined);
  if (named.length === 0 || named.length < parameters.length) {
    return refuse("bad-field", "/Notification/Param", "no parameter, or one without a name or a value");
  }
  return accept({
    timestamp: Number(timestamp),
    username: text("UN") ?? "",
    cnonce: text("CN") ?? "",
    device: { OUI, ProductClass: text("ProductClass") ?? "", SerialNumber },
    parameters: named,
  });
}

function parameterOf(element: XmlElement): ClaimedParameter | undefined {
  const [name, value] = [childOf(element, "Name")?.text.trim(), childOf(element, "Value")?.text];
  return name === undefined || name === "" || value === undefined ? undefined : { name, value };
}
