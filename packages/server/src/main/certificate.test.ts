import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import {
  certificateFiles,
  certificatePair,
  DEVICES_CA,
  type CertificateName,
} from "../../test/certificates.ts";
import type { Log } from "../ports/index.ts";
import type { CertificatePair } from "../southbound/listener.ts";
import { openCertificate, type CertificateFiles, type CertificateWatch } from "./certificate.ts";
import { SettingError } from "./settings.ts";

/** Longer than a change and its rest take to be seen. */
const SEEN_MS = 10_000;

const acs = certificatePair("acs");
const renewed = certificatePair("renewed");

/** The files of a certificate in a folder of their own, and what became of watching them. */
class Watched implements Disposable {
  readonly #folder = tempDir();
  readonly files: CertificateFiles = {
    cert: this.#folder.file("cert.pem"),
    key: this.#folder.file("key.pem"),
  };
  readonly clock: VirtualClock;
  readonly used: CertificatePair[] = [];
  readonly said: string[] = [];
  #watch: CertificateWatch | undefined;

  constructor(now?: number) {
    this.clock = new VirtualClock(now);
    this.put("acs", "cert");
    this.put("acs", "key");
  }

  /** Puts a file in the place of another, as tools for certificates do. */
  put(name: CertificateName, what: "cert" | "key"): void {
    const draft = this.#folder.file("draft");
    copyFileSync(certificateFiles(name)[what], draft);
    renameSync(draft, this.files[what]);
  }

  path(name: string): string {
    return this.#folder.file(name);
  }

  watch(files = this.files): CertificateWatch {
    const say: Log["info"] = (event, fields) => {
      this.said.push(`${event} ${String(fields?.["error"] ?? fields?.["names"])}`);
    };
    this.#watch = openCertificate(files).watch({
      clock: this.clock,
      log: { info: say, warn: say, error: say },
      use: (pair) => {
        this.used.push(pair);
      },
    });
    this.said.length = 0;
    return this.#watch;
  }

  [Symbol.dispose](): void {
    this.#watch?.close();
    this.#folder[Symbol.dispose]();
  }
}

test("a certificate and its key are read, with the name they are for", () => {
  const { pair, name } = openCertificate(certificateFiles("acs"));
  assert.deepEqual(pair, acs);
  assert.equal(name, "acs.example");
});

const unusable: readonly (readonly [kind: string, cert: string, key: string, message: RegExp])[] = [
  ["a certificate that is none", "garbage", acs.key, /^tls-cert \S+ must hold certificates as PEM/],
  ["a key in the place of the certificate", acs.key, acs.key, /^tls-cert \S+ must hold certificates/],
  ["a key that is none", acs.cert, acs.cert, /^tls-key \S+ must hold a private key without a passphrase/],
  ["a key with a passphrase", acs.cert, lockedKey(), /^tls-key \S+ must hold a private key without a pass/],
  ["the key of another certificate", acs.cert, renewed.key, /^tls-key \S+ does not fit tls-cert \S+: name/],
  ["a chain that is broken", `${acs.cert}-----BEGIN CERTIFICATE-----\nx\n`, acs.key, /^tls-cert \S+ must/],
];
for (const [kind, cert, key, message] of unusable) {
  test(`${kind} is refused with what to do`, () => {
    using watched = new Watched();
    writeFileSync(watched.files.cert, cert);
    writeFileSync(watched.files.key, key);
    assert.throws(
      () => openCertificate(watched.files),
      (error) => error instanceof SettingError && message.test(error.message),
    );
  });
}

test("authorities of devices' certificates are read with the pair, and followed like it [CWMP-AUTH-10]", async () => {
  using watched = new Watched();
  const clientCa = watched.path("ca.pem");
  copyFileSync(DEVICES_CA, clientCa);
  watched.watch({ ...watched.files, clientCa });
  writeFileSync(clientCa, renewed.cert);
  await watched.clock.advance(SEEN_MS);
  assert.deepEqual(watched.used, [{ ...acs, ca: renewed.cert }]);
  writeFileSync(clientCa, "garbage");
  await watched.clock.advance(SEEN_MS);
  assert.equal(watched.used.length, 1);
  assert.match(
    watched.said[1] ?? "",
    /SettingError: tls-client-ca \S+ must hold certificates of authorities as PEM/,
  );
});

test("a file that cannot be read is named", () => {
  using watched = new Watched();
  rmSync(watched.files.key);
  assert.throws(
    () => openCertificate(watched.files),
    /^SettingError: tls-key cannot be read: ENOENT.*key\.pem/,
  );
});

test("files that are replaced one after the other are used once both are there", async () => {
  using watched = new Watched();
  watched.watch();
  watched.put("renewed", "cert");
  await watched.clock.advance(SEEN_MS / 2);
  watched.put("renewed", "key");
  await watched.clock.advance(SEEN_MS / 2);
  assert.deepEqual(watched.used, []);
  await watched.clock.advance(SEEN_MS / 2);
  assert.deepEqual(watched.used, [renewed]);
  await watched.clock.advance(10 * SEEN_MS);
  assert.deepEqual(watched.used, [renewed]);
  assert.equal(watched.said.length, 1);
});

test("a change between the first reading and the watch is not missed", async () => {
  using watched = new Watched();
  const certificate = openCertificate(watched.files);
  watched.put("renewed", "cert");
  watched.put("renewed", "key");
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const use = (pair: CertificatePair): void => {
    watched.used.push(pair);
  };
  const watch = certificate.watch({ clock: watched.clock, log, use });
  await watched.clock.advance(SEEN_MS);
  assert.deepEqual(watched.used, [renewed]);
  watch.close();
});

test("a pair that does not fit is refused aloud, once, and the one before stays until it does", async () => {
  using watched = new Watched();
  watched.watch();
  watched.put("renewed", "cert");
  await watched.clock.advance(10 * SEEN_MS);
  assert.deepEqual(watched.used, []);
  assert.equal(watched.said.length, 1);
  assert.match(watched.said[0] ?? "", /^certificate-refused SettingError: tls-key \S+ does not fit/);
  watched.put("renewed", "key");
  await watched.clock.advance(SEEN_MS);
  assert.deepEqual(watched.used, [renewed]);
  assert.match(watched.said[1] ?? "", /^certificate DNS:acs\.example/);
});

test("files that are gone for a while are no reason to stop", async () => {
  using watched = new Watched();
  watched.watch();
  rmSync(watched.files.cert);
  await watched.clock.advance(SEEN_MS);
  assert.match(watched.said[0] ?? "", /^certificate-refused SettingError: tls-cert cannot be read/);
  watched.put("acs", "cert");
  await watched.clock.advance(SEEN_MS);
  assert.deepEqual(watched.used, [acs]);
});

test("a link on the way to the files may be replaced in their stead", async () => {
  using watched = new Watched();
  for (const name of ["acs", "renewed"] as const) {
    mkdirSync(watched.path(name));
    const files = certificateFiles(name);
    copyFileSync(files.cert, watched.path(`${name}/cert.pem`));
    copyFileSync(files.key, watched.path(`${name}/key.pem`));
  }
  const linkTo = (name: CertificateName): void => {
    symlinkSync(name, watched.path("draft"));
    renameSync(watched.path("draft"), watched.path("live"));
  };
  linkTo("acs");
  watched.watch({ cert: watched.path("live/cert.pem"), key: watched.path("live/key.pem") });
  linkTo("renewed");
  await watched.clock.advance(SEEN_MS);
  assert.deepEqual(watched.used, [renewed]);
});

test("whoever asks for it has the files read at once, and not again for the same change", async () => {
  using watched = new Watched();
  const watch = watched.watch();
  watched.put("renewed", "cert");
  watched.put("renewed", "key");
  watch.reload();
  assert.deepEqual(watched.used, [renewed]);
  await watched.clock.advance(SEEN_MS);
  assert.deepEqual(watched.used, [renewed]);
});

test("a certificate that has expired is used, and said aloud", () => {
  using watched = new Watched(Date.UTC(2200, 0, 1));
  watched.watch().reload();
  assert.deepEqual(watched.used, [acs]);
  assert.match(watched.said[0] ?? "", /^certificate-expired /);
});

test("a closed watch looks no more", async () => {
  using watched = new Watched();
  watched.watch().close();
  assert.equal(watched.clock.waiting, 0);
});

function lockedKey(): string {
  const key = createPrivateKey(readFileSync(certificateFiles("acs").key));
  return key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" }).toString();
}
