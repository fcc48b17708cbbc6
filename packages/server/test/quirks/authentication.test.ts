import assert from "node:assert/strict";
import { after, test } from "node:test";
import { basicAuthorization } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { digestHash } from "../../src/southbound/digest-hash.ts";
import {
  admitted,
  answerTo,
  equipped,
  FIRST_CONTACT,
  isStale,
  startClosed,
  type Manner,
} from "./authentication-answers.ts";
import { BareDevice } from "./bare-device.ts";

const REALM = "heliograph";
const resources = new AsyncDisposableStack();
const server = resources.use(await startClosed(resources.use(tempDir())));
after(() => resources.disposeAsync());

const { client } = server;
/** What a request looks like that came by a proxy which nobody told the ACS of: from another machine. */
const FROM_AFAR = { "X-Forwarded-For": "192.0.2.7" };

test("a challenge is answered on another connection, as is every later request [QUIRKS-AUTH-50]", async () => {
  await using device = new BareDevice(server);
  const challenged = await device.post(device.inform(), {});
  await device.hangUp();
  const opened = await device.post(device.inform(), answerTo(challenged, FIRST_CONTACT));
  assert.match(opened.bytes, /^HTTP\/1\.1 200 OK\r\n[^]*<cwmp:InformResponse>/);
  await device.hangUp();
  assert.match((await device.post("")).bytes, /^HTTP\/1\.1 204 No Content\r\n/);
  assert.equal((await client.devices.get(device.key)).approval, "waiting");
});

test("a challenge is answered on another connection while the first stays open [QUIRKS-AUTH-50]", async () => {
  await using device = new BareDevice(server);
  const challenged = await device.post(device.inform(), {});
  await device.reconnect();
  assert.equal((await device.post(device.inform(), answerTo(challenged, FIRST_CONTACT))).status, 200);
});

/** Headers of which nothing can be made. */
const malformed: readonly (readonly [kind: string, header: string])[] = [
  ["empty", ""],
  ["of spaces", "   "],
  ["without a scheme", 'username="box"'],
  ["of Digest alone", "Digest"],
  ["of Digest that breaks off", 'Digest username="box", realm="heliograph", nonce="'],
  ["of Digest without a response", 'Digest username="box", realm="heliograph", nonce="0", uri="/"'],
  [
    "of Digest with an algorithm nobody knows",
    'Digest username="box", nonce="0", uri="/", response="0", algorithm=X',
  ],
  ["of Digest with a qop nobody knows", 'Digest username="box", nonce="0", uri="/", response="0", qop=x'],
  [
    "of Digest with bytes that are no text",
    'Digest username="\u00ff\u0080", nonce="\u00fe", uri="/", response="0"',
  ],
  ["of Basic alone", "Basic"],
  ["of Basic that is no base64", "Basic !!!"],
  ["of Basic without a colon", `Basic ${btoa("box")}`],
  ["of another scheme", "Bearer 00"],
  ["of nothing but quotes", '"""""""'],
  ["of 8 kB", `Digest ${"a=b, ".repeat(1_600)}`],
];
for (const [kind, header] of malformed) {
  test(`an Authorization header ${kind} gets 401, and the next try is let in [QUIRKS-AUTH-51]`, async () => {
    await using device = new BareDevice(server);
    const refused = await device.post(device.inform(), { Authorization: header });
    assert.match(refused.bytes, /^HTTP\/1\.1 401 Unauthorized\r\n/);
    assert.equal(refused.headers.has("set-cookie"), false);
    assert.equal(isStale(refused), false);
    await assert.rejects(client.devices.get(device.key), /no device has the key/);
    assert.equal((await device.post(device.inform(), answerTo(refused, FIRST_CONTACT))).status, 200);
  });
}

/** How devices answer, each of which is right. */
const right: readonly (readonly [kind: string, manner: Manner])[] = [
  ["MD5", {}],
  ["SHA-256", { to: "SHA-256" }],
  ["MD5-sess", { as: { algorithm: "MD5-sess" } }],
  ["SHA-256-sess", { to: "SHA-256", as: { algorithm: "SHA-256-sess" } }],
  ["MD5 without naming it", { as: { algorithm: undefined } }],
  ["MD5 in lower case", { written: (header) => header.replace("algorithm=MD5", "algorithm=md5") }],
  ["sha-256 in quotes", { to: "SHA-256", written: (header) => header.replace("SHA-256", '"sha-256"') }],
  ["MD5 without qop, as RFC 2069 has it", { as: { qop: [] } }],
  ["SHA-256 without qop", { to: "SHA-256", as: { qop: [] } }],
  ["MD5-sess without qop", { as: { algorithm: "MD5-sess", qop: [] } }],
  ["MD5 with a hidden name", { written: hidden("MD5") }],
  ["SHA-256 with a hidden name", { to: "SHA-256", written: hidden("SHA-256") }],
  ["values without quotes", { written: (header) => header.replaceAll(/="([^" ]*)"/g, "=$1") }],
  ["values all in quotes", { written: (header) => header.replaceAll(/=([^",]+)(?=,|$)/g, '="$1"') }],
  ["semicolons for commas", { written: (header) => header.replaceAll(", ", "; ") }],
  ["spaces for commas", { written: (header) => header.replaceAll(", ", " ") }],
  ["no space behind commas", { written: (header) => header.replaceAll(", ", ",") }],
  [
    "a response in capitals",
    { written: (header) => header.replace(/response="[^"]*"/, (text) => capitals(text)) },
  ],
  [
    "names in capitals",
    { written: (header) => header.replaceAll(/\b\w+(?==)/g, (name) => name.toUpperCase()) },
  ],
  ["an opaque that nobody gave", { written: (header) => `${header}, opaque=""` }],
  ["the whole URL of the ACS", { uri: "http://acs.example:7547/" }],
  ["the path that a proxy took away", { uri: "/cwmp/acs?site=7" }],
  ["no path", { uri: "" }],
];
for (const [kind, manner] of right) {
  test(`a device that answers with ${kind} comes in by first contact, and by its own credentials [QUIRKS-AUTH-51]`, async () => {
    await using device = new BareDevice(server);
    const login = await equipped(server, device, manner);
    const opened = await admitted(device, login, manner);
    assert.match(opened.bytes, /^HTTP\/1\.1 200 OK\r\n[^]*<cwmp:InformResponse>/);
    assert.equal((await client.devices.get(device.key)).credentials, "confirmed");
    assert.equal((await admitted(device, FIRST_CONTACT, manner)).status, 401);
  });
}

/** How devices answer with the right password, and are not let in. */
const wrong: readonly (readonly [kind: string, manner: Manner])[] = [
  ["auth-int, which was not offered", { as: { qop: ["auth-int"] } }],
  ["another realm", { as: { realm: "other" } }],
  ["a qop, but no count", { written: (header) => header.replace(/nc=\d+, /, "") }],
  ["SHA-256 that says to be MD5", { to: "SHA-256", written: (header) => header.replace("SHA-256", "MD5") }],
  ["a uri that is not the one it hashed", { written: (header) => header.replace('uri="/"', 'uri="/x"') }],
  [
    "a name that is hidden otherwise",
    { written: (header) => header.replace(/username="[^"]*"/, `username="${"0".repeat(32)}"`) },
  ],
];
for (const [kind, manner] of wrong) {
  test(`a device that answers with ${kind} is asked again, and not told that its nonce was too old [QUIRKS-AUTH-51]`, async () => {
    await using device = new BareDevice(server);
    const refused = await admitted(device, FIRST_CONTACT, manner);
    assert.match(refused.bytes, /^HTTP\/1\.1 401 Unauthorized\r\n/);
    assert.equal(isStale(refused), false);
    await assert.rejects(client.devices.get(device.key), /no device has the key/);
  });
}

test("a nonce of another server is too old, whoever answers it", async () => {
  await using device = new BareDevice(server);
  const nonce = `${Date.now().toString(16).padStart(12, "0")}${"0".repeat(40)}`;
  const refused = await admitted(device, FIRST_CONTACT, { as: { nonce } });
  assert.equal(isStale(refused), true);
  assert.equal((await device.post(device.inform(), answerTo(refused, FIRST_CONTACT))).status, 200);
});

test("Basic is asked for and taken on this machine, and neither from afar without TLS", async () => {
  await using device = new BareDevice(server);
  const basic = { Authorization: basicAuthorization(FIRST_CONTACT.username, FIRST_CONTACT.password) };
  const refused = await device.post(device.inform(), { ...FROM_AFAR, ...basic });
  assert.match(refused.bytes, /^HTTP\/1\.1 401 Unauthorized\r\n/);
  assert.doesNotMatch(refused.bytes, /Basic/);
  await assert.rejects(client.devices.get(device.key), /no device has the key/);
  const challenged = await device.post(device.inform(), {});
  assert.match(challenged.bytes, /\r\nWWW-Authenticate: Basic realm="heliograph"\r\n/);
  assert.equal((await device.post(device.inform(), basic)).status, 200);
  assert.equal((await client.devices.get(device.key)).approval, "waiting");
});

/** The name as RFC 7616 hides it. */
function hidden(algorithm: "MD5" | "SHA-256"): (header: string) => string {
  return (header) =>
    header.replace(/username="([^"]*)"/, (_, name) => {
      assert.ok(typeof name === "string");
      return `username="${digestHash(algorithm, `${name}:${REALM}`)}", userhash=true`;
    });
}

function capitals(response: string): string {
  return response.replace(/"[^"]*"/, (value) => value.toUpperCase());
}
