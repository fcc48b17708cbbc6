import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { asError, type Clock, type Log } from "../ports/index.ts";
import type { CertificatePair } from "../southbound/listener.ts";
import { OLD_TLS } from "../southbound/listening.ts";
import { SettingError } from "./settings.ts";

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** The authorities of devices' certificates; left out, devices are asked for none. */
  readonly clientCa?: string;
  /** Whether TLS before 1.2 is taken, too; not where left out. */
  readonly allowOld?: boolean;
}

/** A certificate that stays as new as its files. */
export interface Certificate {
  /** What the files held when it was opened. */
  readonly pair: CertificatePair;
  /** The first name it is for; undefined where it is for none, or only for names of a kind. */
  readonly name: string | undefined;
  /**
   * Reads the files again once they have changed and then rested for a while. A pair that cannot be used is written to the log,
   * and the one before stays.
   */
  watch(means: WatchMeans): CertificateWatch;
}

export interface WatchMeans {
  readonly clock: Clock;
  readonly log: Log;
  /** Takes a pair that fits. */
  readonly use: (pair: CertificatePair) => void;
}

export interface CertificateWatch {
  /** Reads the files now. */
  reload(): void;
  close(): void;
}

/** Reads the files. Throws {@link SettingError} where one cannot be read or they do not fit. */
export function openCertificate(files: CertificateFiles): Certificate {
  const stamp = stampOf(files);
  const pair = readPair(files);
  return { pair, name: nameOf(pair), watch: (means) => watch({ files, pair, stamp }, means) };
}

interface Opened {
  readonly files: CertificateFiles;
  readonly pair: CertificatePair;
  readonly stamp: string;
}

/**
 * The files of a pair are replaced one after the other: a change counts once two looks in a row have seen the same. Looks,
 * and not the system's notices, see it on every file system and wherever on the way to the file a link was replaced.
 */
const LOOK_MS = 5_000;

function watch({ files, pair, stamp }: Opened, means: WatchMeans): CertificateWatch {
  let [used, seen] = [stamp, stamp];
  const reload = (): void => {
    used = seen = stampOf(files);
    replace(files, means);
  };
  const look = (): void => {
    const before = seen;
    seen = stampOf(files);
    if (seen !== used && seen === before) reload();
    timer = means.clock.after(LOOK_MS, look);
  };
  let timer = means.clock.after(LOOK_MS, look);
  logCertificate(pair, means);
  return {
    reload,
    close: () => {
      timer.cancel();
    },
  };
}

function replace(files: CertificateFiles, means: WatchMeans): void {
  try {
    const pair = readPair(files);
    means.use(pair);
    logCertificate(pair, means);
  } catch (error) {
    means.log.error("certificate-refused", { error: asError(error) });
  }
}

/** Says which certificate is shown from now on, and aloud if nobody will accept it. */
function logCertificate({ cert }: CertificatePair, { clock, log }: WatchMeans): void {
  const { subjectAltName, validToDate } = new X509Certificate(cert);
  const fields = { names: subjectAltName, until: validToDate.toISOString() };
  if (validToDate.getTime() > clock.now()) log.info("certificate", fields);
  else log.warn("certificate-expired", fields);
}

function nameOf({ cert }: CertificatePair): string | undefined {
  const { subjectAltName = "" } = new X509Certificate(cert);
  return /(?:^|, )(?:DNS|IP Address):([^,*]+)(?:,|$)/.exec(subjectAltName)?.[1];
}

/** Tells whether the files are still the same. */
function stampOf({ cert, key, clientCa }: CertificateFiles): string {
  return [cert, key, ...(clientCa === undefined ? [] : [clientCa])].map(fileStamp).join(" ");
}

function fileStamp(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join("-");
  } catch (error) {
    return asError(error).message;
  }
}

function readPair({ cert, key, clientCa, allowOld = false }: CertificateFiles): CertificatePair {
  const pair = { cert: readPem("tls-cert", cert), key: readPem("tls-key", key) };
  const certificate = parse("tls-cert", cert, () => new X509Certificate(pair.cert));
  const privateKey = parse("tls-key", key, () => createPrivateKey(pair.key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new SettingError(
      `tls-key ${key} does not fit tls-cert ${cert}: name the key that the certificate was made for; in tls-cert the ACS's own certificate stands first`,
    );
  }
  parse("tls-cert", cert, () => createSecureContext(pair));
  const ca = clientCa === undefined ? {} : { ca: readAuthorities(clientCa) };
  return { ...pair, ...ca, ...(allowOld ? OLD_TLS : {}) };
}

function readAuthorities(path: string): string {
  const ca = readPem("tls-client-ca", path);
  parse("tls-client-ca", path, () => new X509Certificate(ca));
  parse("tls-client-ca", path, () => createSecureContext({ ca }));
  return ca;
}

type PemSetting = "tls-cert" | "tls-key" | "tls-client-ca";

const PEM = {
  "tls-cert": "certificates",
  "tls-key": "a private key without a passphrase",
  "tls-client-ca": "certificates of authorities",
} as const satisfies Record<PemSetting, string>;

function readPem(name: PemSetting, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new SettingError(`${name} cannot be read: ${asError(cause).message}`, { cause });
  }
}

function parse<T>(name: PemSetting, path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new SettingError(`${name} ${path} must hold ${PEM[name]} as PEM: ${asError(cause).message}`, {
      cause,
    });
  }
}
