import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { parseDeviceKey } from "@heliograph/protocol";
import type { DeviceKey } from "@heliograph/protocol";

/**
 * The devices that a certificate is for, those with a product class first; never empty. One without it,
 * `OUI-SerialNumber`, stands for the device of that number whatever its product class.
 */
export type CertifiedDevices = readonly [DeviceKey, ...DeviceKey[]];

/**
 * Whose certificate the other side has shown. Undefined where it has shown none, where none of the authorities that the
 * operator trusts has signed it, or where it names no device: then it proves nothing, and hinders nobody.
 */
export function certifiedBy(socket: Socket): CertifiedDevices | undefined {
  // A session that was resumed counts as authorized also where no certificate was ever shown in it.
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : devicesOf(certificate);
}

/**
 * The devices that the common name and the alternative names are for [TR-069 3.4]: `OUI-ProductClass-SerialNumber` or
 * `OUI-SerialNumber` as in a user name, escaped or as it is, bare or as a URN [RFC 9039]. All of a name may be joined by `_`
 * instead, as some makers do, where no part of it has one.
 */
export function devicesOf({
  subject,
  subjectAltName = "",
}: Pick<X509Certificate, "subject" | "subjectAltName">): CertifiedDevices | undefined {
  const common = [...subject.matchAll(COMMON_NAME)].map(([, name = ""]) => name.replaceAll(/\\(.)/g, "$1"));
  const others = [...subjectAltName.matchAll(ALTERNATIVE_NAME)].map(([, dns, uri]) => dns ?? uri ?? "");
  const devices = [...common, ...others].map(keyIn).filter((key) => key !== undefined);
  const [first, ...rest] = new Set([...devices.filter(isWhole), ...devices]);
  return first === undefined ? undefined : [first, ...rest];
}

/** Whether a certificate that is for `certified` is that of the device. */
export function isCertified(device: DeviceKey, certified: CertifiedDevices): boolean {
  const short = device.replace(/-.*-/, "-");
  return certified.some((key) => key === device || key === short);
}

const COMMON_NAME = /^CN=(.*)$/gm;
/** Names with characters that Node quotes are no device's. */
const ALTERNATIVE_NAME = /(?:^|, )(?:DNS:([^",.]+)|URI:([^",]+))(?=,|$)/g;
const URN = /^urn:(?:dev:ops:|bbf:usp:id:ops::)/i;
const OUI = /^[0-9A-Fa-f]{6}(?=-)/;
const UNDERSCORED = /^[0-9A-Fa-f]{6}(?:_[^-_]+){1,2}$/;
const UNSAFE = /%[0-9A-Fa-f]{2}|[^-0-9A-Za-z_]/gu;

function keyIn(name: string): DeviceKey | undefined {
  const bare = dashed(name.replace(URN, ""));
  if (!OUI.test(bare)) return undefined;
  const escaped = bare.replace(OUI, (oui) => oui.toUpperCase()).replace(UNSAFE, escape);
  return parseDeviceKey(escaped);
}

/** With `-` for each `_`, where those can only be joiners. */
function dashed(name: string): string {
  return UNDERSCORED.test(name) ? name.replaceAll("_", "-") : name;
}

/** As it stands in a DeviceKey; what is escaped already stays so. */
function escape(character: string): string {
  if (character.length === 3) return character.toUpperCase();
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");
}

function isWhole(key: DeviceKey): boolean {
  return /-.*-/.test(key);
}
