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
