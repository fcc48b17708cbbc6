import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { BackupPlan, DeviceBackups } from "@heliograph/api";
import { within } from "./deadline.ts";
import { runAcs } from "./running-acs.ts";
import { sent, TransferringDevice } from "./transferring-device.ts";

const acs = await runAcs();
after(() => acs[Symbol.asyncDispose]());

let devices = 0;
function enrol(): Promise<TransferringDevice> {
  devices += 1;
  return TransferringDevice.enrol(acs.client, {
    acsUrl: acs.url,
    deviceId: { SerialNumber: `BACKUP${devices}` },
  });
}

test("a plan has its device send its configuration at once, and again with the next plan, and says what changed", async () => {
  await using it = await enrol();
  await sentByPlan(it, "ssid=home\nkey=secret\n", "changed");
  const turned = await sentByPlan(it, "ssid=away\nkey=secret\nband=5\n", "changed");
  assert.equal(turned.items.length, 2);
  const diff = await acs.client.backups.diff(it.key);
  assert.deepEqual([diff.difference, diff.added, diff.removed], ["text", 2, 1]);
  assert.match(diff.unified ?? "", /^-ssid=home\n\+ssid=away\n key=secret\n\+band=5$/m);
  const { items } = await acs.client.devices.events(it.key, { limit: 1_000 });
  const [told, ...others] = items.filter(({ name }) => name === "backup-changed");
  assert.deepEqual([told?.data["added"], told?.data["removed"], others.length], [2, 1, 0]);
  assert.ok(!JSON.stringify(items).includes("secret"));
});

test("what is sent again without a change stands once", async () => {
  await using it = await enrol();
  await sentByPlan(it, "ssid=home\n", "changed");
  const { items } = await sentByPlan(it, "ssid=home\n", "unchanged");
  assert.deepEqual(
    items.map(({ unchanged }) => unchanged),
    [1],
  );
  assert.equal((await acs.client.files.list({ device: it.key })).items.length, 1);
});

test("who reads a backup, or compares two, stands in the audit log", async () => {
  await using it = await enrol();
  await sentByPlan(it, "ssid=home\n", "changed");
  const { items } = await sentByPlan(it, "ssid=away\n", "changed");
  const [to, from] = items.map(({ file }) => file);
  await (await acs.client.files.content(to ?? "")).text();
  await acs.client.backups.diff(it.key, { ...(from && { from }), ...(to && { to }) });
  const audit = await acs.client.audit({ limit: 10 });
  const entries = audit.items
    .filter(({ device }) => device === it.key)
    .map(({ action, detail }) => [action, detail]);
  assert.deepEqual(entries.slice(0, 2), [
    ["compare-backups", { from, to }],
    ["read-file", { id: to, name: (await acs.client.files.get(to ?? "")).name }],
  ]);
});

test("a plan that nobody can carry out is refused, as are backups that there are not", async () => {
  await using it = await enrol();
  const refusal = (asked: Promise<unknown>) =>
    assert.rejects(asked, /no device|never more|there is none|no backup plan/);
  await refusal(acs.client.backups.addPlan({ device: "00D09E-IGD-NOBODY", every: 300 }));
  await refusal(acs.client.backups.addPlan({ every: 300, spread: 301 }));
  await refusal(acs.client.backups.diff(it.key));
  await refusal(acs.client.backups.removePlan("0".repeat(16)));
});

/** Makes a plan whose first turn is now, has the device send its configuration, and gives its backups once that is settled. */
async function sentByPlan(it: TransferringDevice, content: string, result: string): Promise<DeviceBackups> {
  const plan = await acs.client.backups.addPlan({ device: it.key, every: 86_400, spread: 0 });
  await until(it, plan, ({ operation }) => operation !== undefined);
  const { URL, CommandKey = "" } = await it.acceptUpload();
  assert.equal(await sent(URL, content), 204);
  await it.report(CommandKey, {}, ["7 TRANSFER COMPLETE", "M Upload"]);
  const backups = await until(it, plan, ({ last }) => last?.result === result);
  await acs.client.backups.removePlan(plan.id);
  return backups;
}

function until(
  it: TransferringDevice,
  { id }: BackupPlan,
  isAwaited: (turn: DeviceBackups["turns"][number]) => boolean,
): Promise<DeviceBackups> {
  const look = async (): Promise<DeviceBackups> => {
    for (;;) {
      const backups = await acs.client.backups.of(it.key);
      if (backups.turns.some((turn) => turn.plan === id && isAwaited(turn))) return backups;
      await setImmediate();
    }
  };
  return within(look(), "the turn");
}
