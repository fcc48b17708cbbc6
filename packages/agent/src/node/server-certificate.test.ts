import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { test, type TestContext } from "node:test";
import type { TLSSocket } from "node:tls";
import { AcsConnection, AcsConnectionError } from "./acs-connection.ts";

type CertificateName = "alternative" | "common";

function pem(name: CertificateName, what: "cert" | "key"): string {
  return readFileSync(new URL(`./certificates/${name}.${what}.pem`, import.meta.url), "utf8");
}

/** What an ACS with that certificate says to a device that knows it by that host; and the names it was called by. */
async function posted(t: TestContext, certificate: CertificateName, host: string) {
  const names: unknown[] = [];
  const acs = createServer(
    { cert: pem(certificate, "cert"), key: pem(certificate, "key") },
    (_, response) => {
      response.writeHead(204).end();
    },
  ).listen(0, "127.0.0.1");
  acs.on("secureConnection", (socket: TLSSocket) => names.push(socket.servername));
  await once(acs, "listening");
  t.after(() => acs.close().closeAllConnections());
  const address = acs.address();
  assert.ok(typeof address === "object" && address !== null);
  // Every name leads to this machine.
  t.mock.method(dns, "lookup", (_: string, __: unknown, found: (...answer: readonly unknown[]) => void) =>
    found(null, [{ address: "127.0.0.1", family: 4 }]),
  );
  const url = `https://${host}:${address.port}/`;
  const connection = new AcsConnection({ url, credentials: undefined, ca: pem(certificate, "cert") });
  t.after(() => connection.close());
  const reply = await connection.post("").catch((error: unknown) => error);
  return { reply, names };
}

for (const [certificate, host] of [
  ["alternative", "acs.example"],
  ["alternative", "north.region.example"],
  ["common", "common.example"],
] as const) {
  test(`the certificate of ${certificate} names is that of ${host}, which the device calls it by [CWMP-AUTH-8, CWMP-AUTH-9]`, async (t) => {
    const { reply, names } = await posted(t, certificate, host);
    assert.ok(typeof reply === "object" && reply !== null && "status" in reply, String(reply));
    assert.equal(reply.status, 204);
    assert.deepEqual(names, [host]);
  });
}

for (const [certificate, host, why] of [
  ["alternative", "other.example", "it has no such name"],
  ["alternative", "common.example", "the common name does not count beside others"],
  ["alternative", "region.example", "a wildcard stands for one label"],
  ["alternative", "a.north.region.example", "a wildcard stands for no more than one label"],
  ["common", "acs.example", "its common name is another"],
] as const) {
  test(`the certificate of ${certificate} names is not that of ${host}: ${why} [CWMP-AUTH-8]`, async (t) => {
    const { reply } = await posted(t, certificate, host);
    assert.ok(reply instanceof AcsConnectionError);
    assert.match(reply.message, /does not match certificate/);
  });
}
