import assert from "node:assert/strict";
import { test } from "node:test";
import {
  builtInRoles,
  grantId,
  subjects,
  type ApiToken,
  type Authority,
  type Grant,
  type RpcReply,
} from "../ports/index.ts";
import { key } from "./device.fixture.ts";
import { anOperationId, Bench, get, reboot } from "./engine-bench.fixture.ts";

const ID = grantId("0123456789abcdef");
assert.ok(ID !== undefined);
const grantedId = ID;
const BY_GRANT: Authority = { type: "grant", id: ID };
const HOUR_MS = 3_600_000;
const AUDIT = { manager: "admin", action: "test", detail: {} };
const BAD = {
  method: "SetParameterValues",
  params: { ParameterList: { "Device.": { "ManagementServer.URL": "x" } } },
};

test("on the bus a grant is looked up where its ask is accepted, one by one and together [GRANTS-DOOR-2]", async (t) => {
  const bench = await Bench.open(t);
  await grant(bench);
  const operation = await bench.accepted([get], { authority: BY_GRANT, manager: "somebody else" });
  assert.equal(operation.manager, `grant:${grantedId}`);
  for (const rpc of [reboot, BAD])
    assert.equal(reasonOf(await bench.ask([get, rpc], { authority: BY_GRANT })), "not-allowed");
  assert.equal(await together(bench, [get]), "accepted");
  assert.equal(await together(bench, [get, reboot]), "not-allowed");
});

test("an ask by what is revoked, expired, narrowed or unknown is refused where it is accepted [GRANTS-DOOR-2, GRANTS-END-3]", async (t) => {
  const bench = await Bench.open(t);
  const given = await grant(bench);
  const at = bench.clock.now();
  const unknown = grantId("f".repeat(16));
  assert.ok(unknown !== undefined);
  assert.equal(
    reasonOf(await bench.ask([get], { authority: { type: "grant", id: unknown } })),
    "not-allowed",
  );
  assert.equal(reasonOf(await bench.ask([get], { authority: { type: "token", id: "none" } })), "not-allowed");
  const narrow = { ...given.rights, read: ["Device.DeviceInfo.UpTime"] };
  await bench.store.commit("change-grant", {
    ...given,
    was: given,
    rights: narrow,
    audit: { ...AUDIT, at, detail: { narrow: true } },
  });
  assert.equal(reasonOf(await bench.ask([get], { authority: BY_GRANT })), "not-allowed");
  await bench.clock.advance(HOUR_MS);
  assert.equal(reasonOf(await bench.ask([], { authority: BY_GRANT })), "not-allowed");
});

test("an operation ends with the grant that it was asked under, and no earlier for it [GRANTS-END-3]", async (t) => {
  const bench = await Bench.open(t);
  const { expiresAt } = await grant(bench, { minutes: 10 });
  const at = bench.clock.now();
  const ask = async (more: { readonly expiresAt?: number }) =>
    (await bench.accepted([get], { ...more, authority: BY_GRANT })).expiresAt;
  assert.equal(await ask({}), expiresAt);
  assert.equal(await ask({ expiresAt: expiresAt + 1 }), expiresAt);
  assert.equal(await ask({ expiresAt: at + 1_000 }), at + 1_000);
});

test("a token asks by its role as it is now, and a user's session by the user's [GRANTS-ROLE-1, GRANTS-USER-2]", async (t) => {
  const bench = await Bench.open(t);
  const at = bench.clock.now();
  const audit = { ...AUDIT, at };
  await bench.store.commit("add-user", {
    user: { name: "jo", password: "p", role: "support", disabled: false, createdAt: at },
    audit,
  });
  await token(bench, { id: "viewing", role: "viewer" });
  await token(bench, { id: "session", role: "admin", user: "jo" });
  const ask = async (id: string, rpc = get) =>
    reasonOf(await bench.ask([rpc], { authority: { type: "token", id } }));
  assert.equal(await ask("viewing"), "not-allowed");
  assert.equal(await ask("session"), undefined);
  assert.equal(await ask("session", reboot), undefined);
  assert.equal(await ask("session", BAD), "not-allowed");
  const change = { name: "jo", at, audit: { ...audit, detail: { role: "viewer" } } };
  await bench.store.commit("change-user", { ...change, role: "viewer" });
  assert.equal(await ask("session"), "not-allowed");
});

test("who asks by no authority asks by the ACS's own right", async (t) => {
  const bench = await Bench.open(t);
  assert.equal((await bench.accepted([reboot])).manager, "tester");
});

async function grant(bench: Bench, { minutes = 60 } = {}): Promise<Grant> {
  const at = bench.clock.now();
  const rights = {
    ...builtInRoles.viewer,
    devices: { type: "keys", keys: [key] },
    methods: { type: "names", names: ["GetParameterValues", "SetParameterValues"] },
    read: ["Device.DeviceInfo."],
    write: ["Device."],
  } as const;
  const given = { id: grantedId, holder: "h", reason: "r", rights, givenBy: "admin" };
  const whole: Grant = { ...given, createdAt: at, expiresAt: at + minutes * 60_000 };
  await bench.store.commit("add-grant", { grant: whole, audit: { ...AUDIT, at } });
  return whole;
}

async function token(bench: Bench, about: Pick<ApiToken, "id" | "role" | "user">): Promise<void> {
  const at = bench.clock.now();
  const kept = { ...about, name: about.id, hash: about.id, createdAt: at };
  await bench.store.commit("add-token", { token: kept, audit: { ...AUDIT, at, detail: { id: about.id } } });
}

async function together(bench: Bench, rpcs: Parameters<Bench["ask"]>[0]): Promise<string> {
  const operation = { id: anOperationId(), device: key, rpcs, manager: "tester", authority: BY_GRANT };
  const reply = await bench.bus.request(
    subjects.acceptAll,
    { operations: [operation] },
    { timeoutMs: 60_000 },
  );
  return reply.type === "accepted" ? reply.type : reply.reason;
}

function reasonOf(reply: RpcReply): string | undefined {
  return reply.type === "refused" ? reply.reason : undefined;
}
