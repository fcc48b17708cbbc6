import assert from "node:assert/strict";
import { test } from "node:test";
import { answerChallenge, basicAuthorization, parseChallenges, parseDeviceKey } from "@heliograph/protocol";
import type { DeviceKey, DigestAlgorithm, DigestChallenge } from "@heliograph/protocol";
import type { HttpReply } from "@heliograph/testkit";
import { cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import type { CwmpBench, Wire } from "../../../test/cwmp-bench.ts";
import { informText, transferCompleteText } from "../../../test/envelopes.ts";
import type { Approval, DeviceSecrets } from "../../ports/index.ts";
import { digestHash } from "../digest-hash.ts";

const key = keyOf("001122-Box-S1");
const firstContact = { username: "cpe", password: "shared secret" };
const closed = { settings: { openEnrolment: "none", firstContact } } as const;
/** As a request looks that a proxy nobody told us of passed on. */
const forwarded = { "X-Forwarded-For": "192.0.2.7" };

test("a stranger is asked who it is, by Digest with MD5 first and SHA-256 second, never by Basic [CWMP-AUTH-2, CWMP-AUTH-4]", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  const reply = await device.post(informText(), forwarded);
  assert.equal(reply.status, 401);
  assert.equal(reply.headers.has("set-cookie"), false);
  const headers = reply.headers.get("www-authenticate") ?? [];
  assert.deepEqual(
    headers.map((header) => header.replace(/nonce="[0-9a-f]{52}"/, "nonce")),
    [
      'Digest realm="heliograph", qop="auth", nonce, algorithm=MD5',
      'Digest realm="heliograph", qop="auth", nonce, algorithm=SHA-256',
    ],
  );
  assert.equal(await bench.ports.store.device(key), undefined);
});

for (const algorithm of ["MD5", "SHA-256"] as const) {
  test(`a new device with the first-contact secret by Digest ${algorithm} is taken in, and waits for approval`, async () => {
    await using bench = await openBench(closed);
    const device = await bench.connect();
    const reply = await logIn(device, { ...firstContact, algorithm });
    assert.equal(reply.status, 200);
    assert.match(reply.body, /InformResponse/);
    assert.equal((await device.post("", cookieOf(reply))).status, 204);
    const row = await bench.ports.store.device(key);
    assert.equal(row?.approval, "waiting");
    assert.equal(row.enrolledBy, "first-contact");
    assert.equal(row.address, "127.0.0.1");
    assert.equal(bench.engine.announcements.length, 0);
  });
}

test("a device that waits is not called and cannot report; once approved it is announced", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  const waiting = cookieOf(await logIn(device, firstContact));
  assert.match((await device.post(transferCompleteText(), waiting)).body, /<FaultCode>8005</);
  assert.equal((await device.post("", waiting)).status, 204);
  await approve(bench, "approved");
  assert.equal((await logIn(device, firstContact)).status, 200);
  assert.equal(bench.engine.announcements.length, 1);
  assert.equal(bench.engine.reports.length, 0);
});

test("a rejected device gets 403, whatever it proves", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  await logIn(device, firstContact);
  await approve(bench, "rejected");
  assert.equal((await logIn(device, firstContact)).status, 403);
  assert.equal(
    (await logIn(device, firstContact, { body: informText({ events: ["0 BOOTSTRAP"] }) })).status,
    403,
  );
});

test("credentials that were sent become the device's own when it first uses them", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  await logIn(device, firstContact);
  await approve(bench, "approved");
  const own = await stage(bench, "own-1");
  assert.equal((await logIn(device, own)).status, 200);
  const kept = await bench.ports.store.credentials(key);
  assert.equal(kept?.staged, undefined);
  const secrets = bench.ports.vault.unseal(kept?.confirmed ?? "");
  assert.equal(secrets.password, undefined);
  assert.deepEqual(secrets.ha1, bench.ports.vault.ha1(own.username, own.password));
  assert.equal((await bench.ports.store.device(key))?.credentials, "confirmed");
  assert.equal((await logIn(device, own)).status, 200);
});

test("a device with credentials of its own must use them; who starts from nothing without them only claims it", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  const own = await becomeOwn(bench, device);
  assert.equal((await logIn(device, firstContact)).status, 401);
  const before = await bench.ports.store.device(key);
  await bench.clock.advance(1_000);
  const claimant = await bench.connect();
  const heard = await logIn(claimant, firstContact, { body: informText({ events: ["0 BOOTSTRAP"] }) });
  assert.match(heard.body, /InformResponse/);
  assert.match((await claimant.post(transferCompleteText(), cookieOf(heard))).body, /<FaultCode>8005</);
  assert.equal((await claimant.post("", cookieOf(heard))).status, 204);
  const at = bench.clock.now();
  const claim = { at, lastAt: at, address: "127.0.0.1", count: 1 };
  assert.deepEqual(await bench.ports.store.device(key), { ...before, claim });
  assert.equal(bench.engine.announcements.length, 1, "the device's own Inform alone");
  assert.equal((await logIn(device, own)).status, 200);
  assert.deepEqual(await bench.ports.store.device(key), before);
});

test("somebody who claims a device does not end its session, and has one at a time", async () => {
  await using bench = await openBench({ ...closed, bounds: { maxSessions: 3 } });
  const device = await bench.connect();
  const own = await becomeOwn(bench, device);
  const session = cookieOf(await logIn(device, own));
  bench.engine.willCall("c1", { method: "Reboot", params: { CommandKey: "k" } });
  const claims = async () => {
    const bootstrap = informText({ events: ["0 BOOTSTRAP"] });
    return cookieOf(await logIn(await bench.connect(), firstContact, { body: bootstrap }));
  };
  const first = await claims();
  for (let count = 0; count < 5; count += 1) {
    await bench.clock.advance(1);
    assert.notDeepEqual(await claims(), first);
  }
  assert.equal((await (await bench.connect()).post("", first)).status, 401, "no session");
  assert.match((await device.post("", session)).body, /Reboot/);
  assert.equal((await bench.ports.store.device(key))?.claim?.count, 6);
});

test("an answer to a challenge opens one session; given again, it is asked for anew and then let in", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  const answer = { Authorization: authorize(await device.post(informText()), firstContact) };
  const opened = await device.post(informText(), answer);
  assert.equal(opened.status, 200);
  const replayed = await (await bench.connect()).post(informText({ events: ["0 BOOTSTRAP"] }), answer);
  assert.equal(replayed.status, 401);
  assert.match(replayed.headers.get("www-authenticate")?.[0] ?? "", /stale=true$/);
  assert.equal((await device.post("", { ...cookieOf(opened), ...answer })).status, 204, "no admission");
  const again = { Authorization: authorize(replayed, firstContact) };
  assert.equal((await device.post(informText(), again)).status, 200);
});

test("who guesses at the first-contact secret is not heard for the rest of the minute; own credentials are", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  const own = await becomeOwn(bench, device);
  const newcomer = { body: informText({ serial: "S2" }) };
  for (let guess = 0; guess < 30; guess += 1) {
    const wrong = { username: "cpe", password: `guess-${guess}` };
    assert.equal((await logIn(await bench.connect(), wrong, newcomer)).status, 401);
  }
  for (const password of ["guess-30", firstContact.password]) {
    const refused = await logIn(await bench.connect(), { username: "cpe", password }, newcomer);
    assert.equal(refused.status, 503);
    assert.deepEqual(refused.headers.get("retry-after"), ["60"]);
    assert.deepEqual(refused.headers.get("connection"), ["close"]);
  }
  assert.equal((await logIn(device, own)).status, 200);
  await bench.clock.advance(60_000);
  assert.equal((await logIn(await bench.connect(), firstContact, newcomer)).status, 200);
});

test("a device does not come in with the credentials of another", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  const own = await becomeOwn(bench, device);
  assert.equal((await logIn(device, own, { body: informText({ serial: "S2" }) })).status, 401);
  assert.equal(await bench.ports.store.device(keyOf("001122-Box-S2")), undefined);
});

test("those who guess at the same time are not heard more often for that", async () => {
  await using bench = await openBench(closed);
  const guesses = Array.from({ length: 40 }, async (_, guess) => {
    const wrong = { username: "cpe", password: `guess-${guess}` };
    return (await logIn(await bench.connect(), wrong)).status;
  });
  const statuses = await Promise.all(guesses);
  assert.equal(statuses.filter((status) => status === 401).length, 30);
  assert.equal(statuses.filter((status) => status === 503).length, 10);
});

test("each connection has a nonce of its own, good on another connection, too, and for five minutes [CWMP-AUTH-5]", async () => {
  await using bench = await openBench(closed);
  const [first, second] = [await bench.connect(), await bench.connect()];
  const challenged = await first.post(informText());
  assert.notEqual(nonceOf(await second.post(informText())), nonceOf(challenged));
  const answer = { Authorization: authorize(challenged, firstContact) };
  assert.equal((await second.post(informText(), answer)).status, 200);
  await bench.clock.advance(5 * 60_000 + 1);
  const stale = await second.post(informText(), answer);
  assert.equal(stale.status, 401);
  assert.match(stale.headers.get("www-authenticate")?.[0] ?? "", /stale=true$/);
  assert.equal(
    (await second.post(informText(), { Authorization: authorize(stale, firstContact) })).status,
    200,
  );
});

test("Basic is offered and taken on this machine, behind a trusted proxy and where it is insisted on [CWMP-AUTH-2]", async () => {
  const basic = { Authorization: basicAuthorization(firstContact.username, firstContact.password) };
  const ways = [
    [{}, {}],
    [{ behindProxy: true }, forwarded],
    [{ insecure: true }, forwarded],
  ] as const;
  for (const [settings, headers] of ways) {
    await using bench = await openBench({ settings: { ...closed.settings, ...settings } });
    const device = await bench.connect();
    const challenged = await device.post(informText(), headers);
    assert.equal(challenged.headers.get("www-authenticate")?.[2], 'Basic realm="heliograph"');
    assert.equal((await device.post(informText(), { ...headers, ...basic })).status, 200);
  }
});

test("Basic is refused where somebody could have read it [CWMP-AUTH-2]", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  const basic = { Authorization: basicAuthorization(firstContact.username, firstContact.password) };
  assert.equal((await device.post(informText(), { ...forwarded, ...basic })).status, 401);
});

test("somebody who guesses is written down once a minute, without what was guessed", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  for (let guess = 0; guess < 3; guess += 1) {
    assert.equal((await logIn(device, { username: "cpe", password: `guess-${guess}` })).status, 401);
  }
  const audit = await bench.ports.store.audit({ limit: 10 });
  assert.deepEqual(
    audit.map(({ action, device: claimed, detail }) => ({ action, claimed, detail })),
    [
      {
        action: "device-refused",
        claimed: key,
        detail: { address: "127.0.0.1", reason: "wrong credentials", unwritten: 0 },
      },
    ],
  );
  assert.doesNotMatch(JSON.stringify([audit, bench.log]), /guess/);
});

const malformed = [
  "Digest",
  "Basic !!!",
  "Digest username=",
  `Digest ${"a=b, ".repeat(1000)}`,
  "Bearer x",
  "",
];
for (const header of malformed) {
  test(`a malformed Authorization header gets 401: ${JSON.stringify(header.slice(0, 20))}`, async () => {
    await using bench = await openBench(closed);
    const reply = await (await bench.connect()).post(informText(), { Authorization: header });
    assert.equal(reply.status, 401);
  });
}

test("open enrolment takes in devices of this machine, approved, and nobody that a proxy passed on", async () => {
  await using bench = await openBench({ settings: { openEnrolment: "loopback" } });
  const device = await bench.connect();
  assert.equal((await device.post(informText(), forwarded)).status, 401);
  assert.equal((await device.post(informText())).status, 200);
  const row = await bench.ports.store.device(key);
  assert.equal(row?.approval, "approved");
  assert.equal(row.enrolledBy, "open-enrolment");
});

test("open enrolment of all takes in everybody", async () => {
  await using bench = await openBench({ settings: { openEnrolment: "all" } });
  assert.equal((await (await bench.connect()).post(informText(), forwarded)).status, 200);
  assert.equal((await bench.ports.store.device(key))?.approval, "approved");
});

test("a device with credentials of its own is not taken in by its address alone, unless it starts from nothing", async () => {
  await using bench = await openBench({ settings: { openEnrolment: "loopback" } });
  const device = await bench.connect();
  await device.post(informText());
  const own = await stage(bench, "own-1");
  const challenged = await (await bench.connect()).post("");
  const answer = { Authorization: authorize(challenged, own) };
  assert.equal((await device.post(informText(), answer)).status, 200);
  assert.equal((await bench.ports.store.device(key))?.credentials, "confirmed");
  assert.equal((await device.post(informText())).status, 401);
  await bench.clock.advance(1_000);
  assert.equal((await device.post(informText({ events: ["0 BOOTSTRAP"] }))).status, 200);
  assert.equal((await bench.ports.store.device(key))?.credentials, "none");
});

test("behind a trusted proxy the device's address is the last one that the proxy names", async () => {
  await using bench = await openBench({ settings: { ...closed.settings, behindProxy: true } });
  const device = await bench.connect();
  await logIn(device, firstContact, { headers: { "X-Forwarded-For": "127.0.0.1, 198.51.100.9" } });
  assert.equal((await bench.ports.store.device(key))?.address, "198.51.100.9");
});

test("behind a proxy a connection carries many devices, so that it is nobody's session", async () => {
  await using bench = await openBench({ settings: { openEnrolment: "all", behindProxy: true } });
  const proxy = await bench.connect();
  const reply = await proxy.post(informText(), forwarded);
  assert.equal(reply.status, 200);
  assert.equal((await proxy.post("", forwarded)).status, 401);
  assert.equal((await proxy.post("", { ...forwarded, ...cookieOf(reply) })).status, 204);
});

test("at most twenty devices of one address wait; the next is told to come later", async () => {
  await using bench = await openBench(closed);
  const device = await bench.connect();
  for (let serial = 1; serial <= 20; serial += 1) {
    assert.equal(
      (await logIn(device, firstContact, { body: informText({ serial: `W${serial}` }) })).status,
      200,
    );
  }
  const refused = await logIn(device, firstContact, { body: informText({ serial: "W21" }) });
  assert.equal(refused.status, 503);
  assert.deepEqual(refused.headers.get("retry-after"), ["3600"]);
  assert.equal((await logIn(device, firstContact, { body: informText({ serial: "W1" }) })).status, 200);
});

interface Login {
  readonly username: string;
  readonly password: string;
  readonly algorithm?: DigestAlgorithm;
}

interface Sent {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Informs, and answers the challenge. */
async function logIn(device: Wire, login: Login, sent: Sent = {}): Promise<HttpReply> {
  const { body = informText(), headers = {} } = sent;
  const challenged = await device.post(body, headers);
  assert.equal(challenged.status, 401);
  return device.post(body, { ...headers, Authorization: authorize(challenged, login) });
}

function authorize(challenged: HttpReply, { username, password, algorithm = "MD5" }: Login): string {
  const challenge = challengeOf(challenged, algorithm);
  const question = { method: "POST", uri: "/", cnonce: "c0ffee", nc: 1 };
  return answerChallenge(digestHash, { challenge, username, secret: { password }, ...question });
}

function nonceOf(challenged: HttpReply): string {
  return challengeOf(challenged, "MD5").nonce;
}

function challengeOf(challenged: HttpReply, algorithm: DigestAlgorithm): DigestChallenge {
  const challenges = parseChallenges(challenged.headers.get("www-authenticate")?.join(", ") ?? "");
  const challenge = challenges.find((one) => one.scheme === "digest" && one.algorithm === algorithm);
  assert.ok(challenge?.scheme === "digest");
  return challenge;
}

function keyOf(text: string): DeviceKey {
  const parsed = parseDeviceKey(text);
  assert.ok(parsed);
  return parsed;
}

async function approve({ ports }: CwmpBench, approval: Approval): Promise<void> {
  const audit = { at: 1, manager: "test", action: approval, device: key, detail: {} };
  const { held } = await ports.store.commit("set-approval", { device: key, approval, audit, events: [] });
  assert.equal(held, true);
}

/** Sends the device new credentials, as the engine would. */
async function stage({ ports }: CwmpBench, password: string): Promise<Login> {
  const username = key;
  const secrets: DeviceSecrets = {
    username,
    password,
    ha1: ports.vault.ha1(username, password),
    connectionRequestUsername: "acs",
    connectionRequestPassword: "call",
  };
  const { held } = await ports.store.commit("stage-credentials", {
    device: key,
    sealed: ports.vault.seal(secrets),
  });
  assert.equal(held, true);
  return { username, password };
}

async function becomeOwn(bench: CwmpBench, device: Wire): Promise<Login> {
  await logIn(device, firstContact);
  await approve(bench, "approved");
  const own = await stage(bench, "own-1");
  assert.equal((await logIn(device, own)).status, 200);
  return own;
}
