import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "../running-server.ts";
import { openScriptedCpe } from "../scripted-cpe.ts";
import { called, DIGEST, OK } from "./connection-requests-called.ts";
import { assertProven, proofIn } from "./connection-requests-proof.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const unusable: readonly (readonly [kind: string, url: (port: number) => string, detail: string])[] = [
  ["empty", () => "", "it gave no ConnectionRequestURL"],
  ["white space", () => "  ", "it gave no ConnectionRequestURL"],
  ["an address", () => "127.0.0.1", "its ConnectionRequestURL is not a URL"],
  ["without a scheme", (port) => `127.0.0.1:${port}/`, "its ConnectionRequestURL is not a URL"],
  [
    "without a scheme, but with slashes",
    (port) => `//127.0.0.1:${port}/`,
    "its ConnectionRequestURL is not a URL",
  ],
  ["a name without a scheme", (port) => `localhost:${port}`, "its ConnectionRequestURL is not an http URL"],
  ["without a host", () => "http://", "its ConnectionRequestURL is not a URL"],
  ["with a port that is none", () => "http://127.0.0.1:99999/", "its ConnectionRequestURL is not a URL"],
  ["with a port of letters", () => "http://127.0.0.1:port/", "its ConnectionRequestURL is not a URL"],
  ["with a mask for a port", () => "http://127.0.0.1:%d/", "its ConnectionRequestURL is not a URL"],
  ["by TLS", (port) => `https://127.0.0.1:${port}/`, "its ConnectionRequestURL is not an http URL"],
  ["a file", () => "file:///etc/passwd", "its ConnectionRequestURL is not an http URL"],
  ["a sentence", () => "not a URL at all", "its ConnectionRequestURL is not a URL"],
  ["the word null", () => "(null)", "its ConnectionRequestURL is not a URL"],
];
for (const [kind, url, why] of unusable) {
  test(`a device whose ConnectionRequestURL is ${kind} is not asked, and the person is told why [QUIRKS-REQUEST-60]`, async () => {
    const { device, operation, connections, outcome } = await called(server, [OK], { url });
    assert.deepEqual([connections, outcome], [0, { result: "impossible", detail: `not asked: ${why}` }]);
    assert.deepEqual(await device.kept(operation), { state: "queued", attempts: 0 });
    const { reachability, connectionRequest } = await server.client.devices.get(device.key);
    assert.equal(reachability, "unreachable");
    assert.equal(connectionRequest.next, undefined, "asking again cannot help");
  });
}

const elsewhere: readonly (readonly [kind: string, host: string])[] = [
  ["another address of this machine", "127.0.0.2"],
  ["that address in another form", "0x7f.2"],
  ["the address of everybody", "0.0.0.0"],
  ["loopback by IPv6", "[::1]"],
  ["that of a cloud's own data", "169.254.169.254"],
  ["somebody else", "192.0.2.7"],
];
for (const [kind, host] of elsewhere) {
  test(`a ConnectionRequestURL that leads to ${kind} is not requested, and the person is told why [QUIRKS-REQUEST-60]`, async () => {
    const { connections, outcome, login } = await called(server, [DIGEST, OK], {
      url: (port) => `http://${host}:${port}/`,
    });
    assert.equal(connections, 0);
    assert.equal(outcome.result, "forbidden");
    assert.match(
      outcome.detail,
      /^not asked: its ConnectionRequestURL leads to \S+, but its last Inform came from 127\.0\.0\.1, and connection-request-networks does not name that host's address$/,
    );
    assert.equal(outcome.detail.includes(login.username), false);
  });
}

test("an address in connection-request-networks is requested, and no other [QUIRKS-REQUEST-60]", async () => {
  using folder = tempDir();
  const networks = { "connection-request-networks": "127.0.0.2/32" };
  await using listed = await RunningServer.start(folder, "loopback", networks);
  for (const [host, result] of [
    ["127.0.0.2", "unreachable"],
    ["127.0.0.3", "forbidden"],
  ] as const) {
    const { outcome } = await called(listed, [OK], { url: (port) => `http://${host}:${port}/` });
    assert.equal(outcome.result, result);
  }
});

test("a redirection is not followed, and its target hears nothing [QUIRKS-REQUEST-60]", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    await using other = await openScriptedCpe([DIGEST, OK]);
    const to = `http://127.0.0.1:${other.port}/`;
    const redirects = { bytes: `HTTP/1.1 ${status} Gone\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n` };
    for (const replies of [[redirects], [DIGEST, redirects]]) {
      const { requests, outcome } = await called(server, replies);
      assert.equal(requests.length, replies.length);
      assert.deepEqual([outcome.result, outcome.status], ["refused", status]);
      assert.match(outcome.detail, new RegExp(`; it answered ${status}, which is not followed$`));
      assert.equal(outcome.detail.includes(to), false);
    }
    assert.equal(other.connections, 0);
  }
});

/** What is requested of a URL behind `http://127.0.0.1:<port>`. */
const paths: readonly (readonly [kind: string, path: string, requested: string])[] = [
  ["without a path", "", "/"],
  ["with a query", "/cr?id=7&x=/y", "/cr?id=7&x=/y"],
  ["with a query and no path", "?id=7", "/?id=7"],
  ["with several segments", "/a/b/c.html", "/a/b/c.html"],
  ["with empty segments", "//a//b/", "//a//b/"],
  ["with encoded characters", "/%7Eacs/%2F%20", "/%7Eacs/%2F%20"],
  ["with a space", "/a b", "/a%20b"],
  ["with letters beyond ASCII", "/grüße", "/gr%C3%BC%C3%9Fe"],
  ["with a fragment", "/cr#top", "/cr"],
  ["of 200 characters", `/${"a".repeat(200)}`, `/${"a".repeat(200)}`],
];
for (const [kind, path, requested] of paths) {
  test(`a ConnectionRequestURL ${kind} is requested and proven as one and the same [QUIRKS-REQUEST-60]`, async () => {
    const escaped = path.replaceAll("&", "&amp;");
    const { requests, outcome, login } = await called(server, [DIGEST, OK], {
      url: (port) => `http://127.0.0.1:${port}${escaped}`,
    });
    assert.equal(outcome.result, "accepted");
    const [asked = "", answered = ""] = requests;
    assert.ok(asked.startsWith(`GET ${requested} HTTP/1.1\r\n`), asked);
    assertProven(answered, login);
    assert.equal(proofIn(answered).get("uri"), `"${requested}"`);
  });
}

test("what a ConnectionRequestURL says of a user is not sent [QUIRKS-REQUEST-60]", async () => {
  const { requests, outcome, login } = await called(server, [DIGEST, OK], {
    url: (port) => `http://user:secret@127.0.0.1:${port}/`,
  });
  assert.equal(outcome.result, "accepted");
  assert.doesNotMatch(requests.join(""), /user:|secret/);
  assertProven(requests[1] ?? "", login);
});

test("a name is asked under its own name at the address it leads to [QUIRKS-REQUEST-60]", async () => {
  const { requests, outcome, port } = await called(server, [OK], {
    url: (at) => `http://localhost:${at}/`,
  });
  assert.equal(outcome.detail, `asked 127.0.0.1:${port} (localhost) without authentication; it answered 200`);
  assert.match(requests[0] ?? "", new RegExp(`\\r\\nHost: localhost:${port}\\r\\n`));
});

const udp = ["", "0.0.0.0", "192.0.2.7", "192.0.2.7:", ":5060", "192.0.2.7:99999", "cpe:port", "[::", "null"];
for (const address of udp) {
  test(`a UDPConnectionRequestAddress of ${JSON.stringify(address)} is kept, and the device asked by HTTP [QUIRKS-REQUEST-61]`, async () => {
    const name = "UDPConnectionRequestAddress";
    const { device, outcome, requests } = await called(server, [DIGEST, OK], {
      parameters: { [`Device.ManagementServer.${name}`]: address },
    });
    assert.deepEqual([requests.length, outcome.result], [2, "accepted"]);
    const { ParameterList: known } = await server.client.devices.parameters(device.key, "Device.");
    assert.equal(known["Device.ManagementServer."]?.[name], address);
  });
}
