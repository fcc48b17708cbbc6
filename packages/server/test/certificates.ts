import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CertificatePair } from "../src/southbound/listener.ts";

/** Certificates for `acs.example`, `*.region.example` and 127.0.0.1; the second is the one that follows the first. */
export type CertificateName = "acs" | "renewed";

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export function certificateFiles(name: CertificateName): CertificateFiles {
  const file = (what: string): string =>
    fileURLToPath(new URL(`./certificates/${name}.${what}.pem`, import.meta.url));
  return { cert: file("cert"), key: file("key") };
}

export function certificatePair(name: CertificateName): CertificatePair {
  const { cert, key } = certificateFiles(name);
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

/** What the devices' authority signed: three names for the device `001122-Box-S1`, another device's, one that names none, and an old one. */
export type DeviceCertificate = "device" | "short" | "urn" | "other" | "family" | "expired";

/** The certificate of the devices' authority. */
export const DEVICES_CA = fileURLToPath(new URL("./certificates/devices.cert.pem", import.meta.url));

export function deviceCertificate(name: DeviceCertificate): CertificatePair {
  const read = (file: string): string =>
    readFileSync(new URL(`./certificates/${file}.pem`, import.meta.url), "utf8");
  return { cert: read(`${name}.cert`), key: read("device.key") };
}
