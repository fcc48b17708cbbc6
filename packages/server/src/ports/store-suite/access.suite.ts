import assert from "node:assert/strict";
import { grantId, type Grant, type GrantId } from "../grants.ts";
import { builtInRoles, type Rights } from "../rights.ts";
import { anAudit, aToken, at, keyOf, type On } from "./store.fixture.ts";

const RIGHTS: Rights = {
  ...builtInRoles.viewer,
  devices: { type: "keys", keys: [keyOf("1")] },
  read: ["Device.WiFi."],
};
const NARROWER: Rights = { ...RIGHTS, read: ["Device.WiFi.Radio."] };

/** Who may do what: grants, users, roles, and the audit log's questions about them. */
export function accessSuite(on: On): void {
  on("a grant is kept until it is changed or revoked, and each is done once", async (store) => {
    const grant = aGrant("1");
    const { id, rights, expiresAt } = grant;
    const add = { grant, audit: anAudit("create-grant", { grant: id }) };
    assert.deepEqual(await store.commit("add-grant", add), { held: true });
    assert.deepEqual(await store.commit("add-grant", add), { held: true });
    assert.deepEqual(await store.grant(id), grant);
    const narrow = {
      id,
      was: { rights, expiresAt },
      rights: NARROWER,
      expiresAt: at(50),
      audit: anAudit("narrow-grant", { grant: id }),
    };
    assert.deepEqual(await store.commit("change-grant", narrow), { held: true });
    assert.deepEqual(await store.commit("change-grant", narrow), { held: true });
    const late = { ...narrow, audit: anAudit("narrow-grant", { grant: id, at: at(21) }) };
    assert.deepEqual(await store.commit("change-grant", late), { held: false });
    const revoke = { id, at: at(30), audit: anAudit("revoke-grant", { grant: id }) };
    assert.deepEqual(await store.commit("revoke-grant", revoke), { held: true });
    assert.deepEqual(await store.commit("revoke-grant", { ...revoke, at: at(31) }), { held: true });
    const revoked = { ...grant, rights: NARROWER, expiresAt: at(50), revokedAt: at(30) };
    assert.deepEqual(await store.grant(id), revoked);
    const after = { ...late, was: { rights: NARROWER, expiresAt: at(50) } };
    assert.deepEqual(await store.commit("change-grant", after), { held: false });
    assert.deepEqual(
      (await store.audit({ limit: 10 })).map(({ action, grant: under }) => [action, under]),
      [
        ["revoke-grant", id],
        ["narrow-grant", id],
        ["create-grant", id],
      ],
    );
  });

  on("grants are listed newest first, and none is revoked that is not there", async (store) => {
    const [older, newer] = [aGrant("1"), { ...aGrant("2"), createdAt: at(5) }];
    for (const grant of [older, newer]) {
      await store.commit("add-grant", { grant, audit: anAudit("create-grant", { grant: grant.id }) });
    }
    assert.deepEqual(await store.grants(), [newer, older]);
    const unknown = { id: idOf("3"), at: at(30), audit: anAudit("revoke-grant") };
    assert.deepEqual(await store.commit("revoke-grant", unknown), { held: false });
  });

  on("a user's sessions end with a new password, with being disabled, and with the user", async (store) => {
    const user = { name: "jo", password: "salt.hash", role: "operator", disabled: false, createdAt: at(0) };
    const add = { user, audit: anAudit("add-user") };
    assert.deepEqual(await store.commit("add-user", add), { held: true });
    assert.deepEqual(await store.commit("add-user", { ...add, audit: anAudit("add-user", { at: at(21) }) }), {
      held: false,
    });
    let seconds = 30;
    const isEndedBy = async (change: "role" | "password" | "disabled" | "removed"): Promise<boolean> => {
      seconds += 1;
      const id = `t-${change}`;
      const token = aToken(id, { user: "jo" });
      await store.commit("add-token", { token, audit: anAudit("sign-in", { at: at(seconds) }) });
      const audit = anAudit(change, { at: at(seconds) });
      const named = { name: "jo", at: at(seconds), audit };
      if (change === "removed") await store.commit("remove-user", named);
      if (change === "role") await store.commit("change-user", { ...named, role: "viewer" });
      if (change === "password") await store.commit("change-user", { ...named, password: "other.hash" });
      if (change === "disabled") await store.commit("change-user", { ...named, disabled: true });
      return (await store.apiTokenById(id))?.revokedAt !== undefined;
    };
    assert.equal(await isEndedBy("role"), false);
    assert.equal(await isEndedBy("password"), true);
    assert.equal(await isEndedBy("disabled"), true);
    assert.deepEqual(await store.users(), [
      { ...user, password: "other.hash", role: "viewer", disabled: true },
    ]);
    assert.equal(await isEndedBy("removed"), true);
    assert.equal(await store.user("jo"), undefined);
    const change = { name: "jo", at: at(40), role: "admin", audit: anAudit("change-user") };
    assert.deepEqual(await store.commit("change-user", change), { held: false });
  });

  on("grants and sessions that are long over age out, and tokens of programs stay", async (store) => {
    await store.commit("add-grant", { grant: aGrant("1"), audit: anAudit("create-grant") });
    for (const [id, more] of [
      ["session", { user: "jo", expiresAt: at(10) }],
      ["later", { user: "jo", expiresAt: at(60) }],
      ["program", { expiresAt: at(10) }],
    ] as const) {
      const audit = anAudit("add-token", { detail: { id } });
      await store.commit("add-token", { token: aToken(id, more), audit });
    }
    const bounds = { operationsEndedBefore: at(0), maxEvents: 100, limit: 10 };
    await store.commit("prune", { ...bounds, eventsBefore: at(50), auditBefore: at(100) });
    assert.equal((await store.grants()).length, 1);
    assert.deepEqual((await store.apiTokens()).map(({ id }) => id).toSorted(), ["later", "program"]);
    await store.commit("prune", { ...bounds, eventsBefore: at(50), auditBefore: at(101) });
    assert.deepEqual(await store.grants(), []);
  });

  on("a role takes the place of one of its name, and goes once", async (store) => {
    const role = { name: "wifi-desk", rights: RIGHTS, createdAt: at(0) };
    await store.commit("set-role", { role, audit: anAudit("set-role") });
    const changed = { ...role, rights: NARROWER };
    await store.commit("set-role", { role: changed, audit: anAudit("set-role", { at: at(21) }) });
    assert.deepEqual(await store.role("wifi-desk"), changed);
    assert.deepEqual(await store.roles(), [changed]);
    const remove = { name: "wifi-desk", audit: anAudit("remove-role") };
    assert.deepEqual(await store.commit("remove-role", remove), { held: true });
    assert.deepEqual(await store.commit("remove-role", remove), { held: true });
    const other = { name: "none", audit: anAudit("remove-role", { at: at(22) }) };
    assert.deepEqual(await store.commit("remove-role", other), { held: false });
  });

  on("the audit log is asked by who, device, grant, act and time", async (store) => {
    const grant = idOf("1");
    const entries = [
      anAudit("call", { at: at(1), manager: "jo", device: keyOf("1"), grant }),
      anAudit("call", { at: at(2), manager: "jo", device: keyOf("2") }),
      anAudit("reject-device", { at: at(3), manager: "mo", device: keyOf("1") }),
    ];
    for (const audit of entries) await store.commit("record-audit", { audit });
    const found = async (query: object) =>
      (await store.audit({ limit: 10, ...query })).map((entry) => (entry.at - at(0)) / 1_000);
    assert.deepEqual(await found({ manager: "jo" }), [2, 1]);
    assert.deepEqual(await found({ device: keyOf("1") }), [3, 1]);
    assert.deepEqual(await found({ grant }), [1]);
    assert.deepEqual(await found({ action: "reject-device" }), [3]);
    assert.deepEqual(await found({ since: at(2), until: at(3) }), [2]);
    assert.deepEqual(await found({ manager: "jo", device: keyOf("1") }), [1]);
  });
}

function aGrant(digit: string): Grant {
  return {
    id: idOf(digit),
    holder: "somebody",
    reason: "a reason",
    rights: RIGHTS,
    givenBy: "admin",
    createdAt: at(0),
    expiresAt: at(100),
  };
}

function idOf(digit: string): GrantId {
  return grantId(digit.repeat(16)) ?? assert.fail("it is an id");
}
