import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { deviceKey, type WebSocketReference } from "@heliograph/protocol";
import { LockstepDevice, tempDir, type TempDir } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { certificateFiles, certificatePair, type CertificateName } from "../../test/certificates.ts";
import { connectionId, engineId, gatewayId, type Store } from "../ports/index.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { openDataFolder } from "./data-folder.ts";
import { startServer, type RunningServer } from "./server.ts";
import { readSettings, SettingError } from "./settings.ts";

const LOOPBACK = "127.0.0.1:0";
const ACS = certificateFiles("acs");

interface Served extends AsyncDisposable {
  readonly server: RunningServer;
  readonly store: Store;
}

/** The ACS with TLS on a data folder, or what a test has to say of that. */
async function serve(folder: TempDir, flags: Readonly<Record<string, string>> = {}): Promise<Served> {
  const listeners = { southbound: LOOPBACK, northbound: LOOPBACK, "southbound-tls": LOOPBACK };
  const files = { "tls-cert": ACS.cert, "tls-key": ACS.key };
  const all = { data: folder.file("data"), ...listeners, ...files, ...flags };
  const stores: Store[] = [];
  const server = await startServer(readSettings({ flags: all, environment: {}, file: {} }), {
    store: (store) => {
      stores.push(store);
      return store;
    },
  });
  const [store] = stores;
  assert.ok(store !== undefined);
  return { server, store, [Symbol.asyncDispose]: () => server.close() };
}

/** The ACS URL with TLS, by address: nobody resolves the name of the certificate. */
function secureUrl({ secureAcsUrl }: RunningServer): URL {
  const url = new URL(secureAcsUrl ?? assert.fail("no TLS"));
  url.hostname = "127.0.0.1";
  return url;
}

/** A session of a device that speaks the light transport, and what it is referred to. */
async function refer(acsUrl: string, device: LockstepDevice): Promise<WebSocketReference> {
  await device.inform({ events: ["0 BOOTSTRAP"], header: { webSocketSupport: ["cwmp.json"] } });
  const { webSocketReference } = device.header;
  assert.ok(webSocketReference !== undefined, `nobody is referred at ${acsUrl}`);
  await device.expectNothing();
  return webSocketReference;
}

async function open({ url, token }: Pick<WebSocketReference, "url" | "token">): Promise<WebSocket> {
  const headers = { Authorization: `Bearer ${token}` };
  const socket = new WebSocket(url, ["cwmp.json"], { headers, ca: certificatePair("acs").cert });
  await once(socket, "open");
  return socket;
}

test("a device that comes by TLS is referred to the WebSocket beside it, and its token opens that", async () => {
  using folder = tempDir();
  await using served = await serve(folder);
  const url = secureUrl(served.server);
  assert.match(served.server.secureAcsUrl ?? "", /^https:\/\/acs\.example:\d+\/$/);
  await using device = new LockstepDevice({ acsUrl: url.href });
  const reference = await refer(url.href, device);
  assert.equal(reference.url, `wss://127.0.0.1:${url.port}/light`);
  const socket = await open(reference);
  const closed = once(socket, "close");
  await served.server.close();
  assert.equal((await closed)[0], 1001);
});

test("an ACS that has started is ready, and has no trouble", async () => {
  using folder = tempDir();
  await using acs = await serve(folder);
  const response = await fetch(`${acs.server.northboundUrl}/readyz`);
  assert.equal(response.status, 200);
  const checks = ["reading", "changing", "engine", "newcomers"].map((name) => ({ name, state: "good" }));
  assert.deepEqual(await response.json(), { status: "ready", checks });
});

test("a device of this machine needs no TLS", async () => {
  using folder = tempDir();
  await using served = await serve(folder);
  await using device = new LockstepDevice({ acsUrl: served.server.acsUrl });
  const reference = await refer(served.server.acsUrl, device);
  assert.equal(reference.url, `ws://127.0.0.1:${new URL(served.server.acsUrl).port}/light`);
  (await open(reference)).terminate();
});

test("a public URL is where devices are referred, and the only one they are told", async () => {
  using folder = tempDir();
  await using served = await serve(folder, { "public-url": "https://acs.example.net/cwmp" });
  assert.equal(served.server.acsUrl, "https://acs.example.net/cwmp");
  assert.equal(served.server.secureAcsUrl, undefined);
});

test("a token outlives the ACS that made it", async () => {
  using folder = tempDir();
  const first = await serve(folder);
  await using device = new LockstepDevice({ acsUrl: first.server.acsUrl });
  const { token } = await refer(first.server.acsUrl, device);
  await first.server.close();
  await using second = await serve(folder);
  const url = new URL("/light", secureUrl(second.server));
  (await open({ url: url.href.replace("https", "wss"), token })).terminate();
});

test("what an earlier run held when it was killed is closed at the start", async () => {
  using folder = tempDir();
  const { key, store: killed } = await connectedDevice(folder);
  assert.equal((await killed.device(key))?.connection?.closed, undefined);
  await killed.close();
  await using served = await serve(folder);
  assert.equal((await served.store.device(key))?.connection?.closed, true);
});

test("a renewed certificate is shown once its files are read again", async () => {
  using folder = tempDir();
  const files = { cert: folder.file("cert.pem"), key: folder.file("key.pem") };
  const put = (name: CertificateName): void => {
    for (const what of ["cert", "key"] as const) copyFileSync(certificateFiles(name)[what], files[what]);
  };
  put("acs");
  await using served = await serve(folder, { "tls-cert": files.cert, "tls-key": files.key });
  const shown = async (): Promise<unknown> => {
    const { port } = secureUrl(served.server);
    const socket = connect({ host: "127.0.0.1", port: Number(port), rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };
  assert.equal(await shown(), "acs");
  put("renewed");
  served.server.reloadCertificate();
  assert.equal(await shown(), "renewed");
});

test("a certificate that cannot be used is said before anything is made", async () => {
  using folder = tempDir();
  await assert.rejects(serve(folder, { "tls-key": certificateFiles("renewed").key }), SettingError);
  assert.equal(existsSync(folder.file("data")), false);
});

test("where TLS cannot listen nothing stays behind, and the next start is as good as the first", async () => {
  using folder = tempDir();
  using other = tempDir();
  await using served = await serve(other);
  const taken = `127.0.0.1:${secureUrl(served.server).port}`;
  await assert.rejects(serve(folder, { "southbound-tls": taken }), { code: "EADDRINUSE" });
  await using again = await serve(folder);
  assert.match(again.server.acsUrl, /^http:/);
});

test("without a certificate there is no TLS, and nothing to read again", async () => {
  using folder = tempDir();
  const flags = { data: folder.path, southbound: LOOPBACK, northbound: LOOPBACK };
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }));
  server.reloadCertificate();
  assert.equal(server.secureAcsUrl, undefined);
  await server.close();
  await server.close();
});

test("without the secret key that its devices know the ACS does not start, and makes none", async () => {
  using folder = tempDir();
  const { store } = await connectedDevice(folder);
  await store.close();
  const key = join(folder.file("data"), "secret.key");
  rmSync(key);
  await assert.rejects(serve(folder), {
    name: "DataFolderError",
    message: /^secret[.]key is missing in /,
  });
  assert.ok(!existsSync(key));
});

/** A store in which a device holds a light connection. */
async function connectedDevice(folder: TempDir) {
  const data = openDataFolder(folder.file("data"));
  data.makeSecretKey();
  const store = await openSqliteStore({ path: data.store });
  const deviceId = { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "IGD", SerialNumber: "SN1" };
  const key = deviceKey(deviceId);
  assert.ok(key !== undefined);
  const at = Date.UTC(2026, 0, 1);
  await store.commit("enrol-device", {
    ...{ key, deviceId, at, approval: "approved", by: "open-enrolment", address: "192.0.2.1" },
    ...{ maxWaiting: 10, maxWaitingPerAddress: 10, events: [] },
  });
  await store.commit("open-light-connection", {
    key,
    connection: {
      id: connectionId("c1"),
      gateway: gatewayId("g1"),
      engine: engineId("e1"),
      openedAt: at,
      transport: "light",
    },
    address: "192.0.2.1",
    subprotocol: "cwmp.json",
    credentialVersion: (await store.device(key))?.credentialVersion ?? 0,
    events: [],
  });
  return { key, store };
}
