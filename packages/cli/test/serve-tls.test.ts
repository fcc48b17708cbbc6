import { freePort, openWire, PATIENCE_MS, tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HeliographProcess } from "./heliograph-process.ts";

/** A file of the server's certificates for tests. */
function certificate(name: "acs" | "renewed", what: "cert" | "key"): string {
  return fileURLToPath(new URL(`../../server/test/certificates/${name}.${what}.pem`, import.meta.url));
}

test("the ACS says where it is by TLS, and reads its certificate again at SIGHUP", async () => {
  using folder = tempDir();
  const [cert, key] = [folder.file("cert.pem"), folder.file("key.pem")];
  copyFileSync(certificate("acs", "cert"), cert);
  copyFileSync(certificate("acs", "key"), key);
  const port = await freePort();
  const listeners = ["--southbound", "127.0.0.1:0", "--northbound", "127.0.0.1:0"];
  const tls = ["--southbound-tls", `127.0.0.1:${port}`, "--tls-cert", cert, "--tls-key", key];
  const environment = { HELIOGRAPH_DATA: folder.file("data") };
  await using server = new HeliographProcess(["serve", ...listeners, ...tls], environment);
  await server.line(new RegExp(`^ {2}ACS URL {4}https://acs\\.example:${port}/$`));
  await server.line(/^ {2}The light transport, .* devices that come by TLS or from this machine\.$/);

  const wire = await openWire(new URL(`https://127.0.0.1:${port}/`), { patienceMs: PATIENCE_MS });
  await wire.write("GET / HTTP/1.1\r\nHost: acs\r\n\r\n");
  assert.equal((await wire.read()).status, 405);
  wire.cut();

  copyFileSync(certificate("renewed", "key"), key);
  server.signal("SIGHUP");
  await server.line(/"error":"SettingError: tls-key \S+ does not fit tls-cert .*"msg":"certificate-refused"/);
  server.signal("SIGTERM");
  assert.equal((await server.ended()).exitCode, 0);
});

test("a certificate that cannot be used is said in a sentence and ends with 2", async () => {
  using folder = tempDir();
  const environment = { HELIOGRAPH_DATA: folder.file("data") };
  const files = ["--tls-cert", certificate("acs", "cert"), "--tls-key", certificate("renewed", "key")];
  await using command = new HeliographProcess(
    ["serve", "--northbound", "127.0.0.1:0", ...files],
    environment,
  );
  const { exitCode, errors } = await command.ended();
  assert.equal(exitCode, 2);
  assert.match(errors, /^heliograph: tls-key \S+ does not fit tls-cert \S+: name the key/);
});

test("a port for TLS that is taken is named", async () => {
  using folder = tempDir();
  const port = await freePort();
  const both = ["--southbound", `127.0.0.1:${port}`, "--southbound-tls", `127.0.0.1:${port}`];
  const files = ["--tls-cert", certificate("acs", "cert"), "--tls-key", certificate("acs", "key")];
  await using command = new HeliographProcess(["serve", "--northbound", "127.0.0.1:0", ...both, ...files], {
    HELIOGRAPH_DATA: folder.file("data"),
  });
  const { exitCode, errors } = await command.ended();
  assert.equal(exitCode, 2);
  assert.match(errors, new RegExp(`^heliograph: southbound-tls 127\\.0\\.0\\.1:${port} is taken`, "m"));
});
