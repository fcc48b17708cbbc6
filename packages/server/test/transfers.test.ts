import assert from "node:assert/strict";
import { after, test } from "node:test";
import { basicAuthorization } from "@heliograph/protocol";
import { within } from "./deadline.ts";
import { runAcs } from "./running-acs.ts";
import { fetched, FIRMWARE, sent, TransferringDevice } from "./transferring-device.ts";

const acs = await runAcs(undefined, { "transfer-timeout": "1" });
after(() => acs[Symbol.asyncDispose]());

const patient = await runAcs();
after(() => patient[Symbol.asyncDispose]());

let devices = 0;
function enrol(on: typeof acs = patient): Promise<TransferringDevice> {
  devices += 1;
  const deviceId = { SerialNumber: `TRANSFER${devices}` };
  return TransferringDevice.enrol(on.client, { acsUrl: on.url, deviceId });
}

test("firmware is fetched whole by its link, and the operation ends when the device says that it runs", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  assert.equal(operation.state, "queued");
  const { URL, FileSize, FileType, CommandKey = "" } = await it.acceptDownload();
  assert.deepEqual([FileSize, FileType], [FIRMWARE.length, "1 Firmware Upgrade Image"]);
  assert.deepEqual(await it.states(operation), ["transferring", "transferring"]);
  assert.deepEqual(await fetched(URL), FIRMWARE);
  await it.report(CommandKey, {}, ["1 BOOT", "7 TRANSFER COMPLETE", "M Download"]);
  const { state, transfer, ended } = await it.client.operations.get(operation.id);
  assert.deepEqual([state, transfer?.state, transfer?.file], ["done", "completed", file.id]);
  assert.deepEqual([transfer?.progress?.bytes, transfer?.progress?.of], [FIRMWARE.length, FIRMWARE.length]);
  assert.equal(transfer?.report?.faultCode, 0);
  assert.deepEqual(transfer.software, { before: "1.0", after: "1.0" });
  assert.ok(ended !== undefined);
});

test("a file's link has its name with spaces encoded, and no secret of it stands in the operation [QUIRKS-TRANSFER-63]", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const { id } = await it.client.operations.download(it.key, { file: file.id });
  const { URL: url } = await it.acceptDownload();
  assert.match(url, /\/router%202\.1\.bin$/);
  assert.ok(url.length <= 256);
  const shown = JSON.stringify(await it.client.operations.get(id));
  assert.ok(!shown.includes(new URL(url).pathname.split("/")[3] ?? ""));
});

test("work behind a transfer does not wait for it", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  await it.client.operations.download(it.key, { file: file.id });
  await it.acceptDownload();
  const reboot = await it.client.operations.create(it.key, { method: "Reboot", params: {} });
  await it.device.inform();
  await it.device.expectRpc("Reboot");
  await it.device.answer();
  await it.device.expectNothing();
  assert.equal((await it.client.operations.get(reboot.id)).state, "done");
});

test("a transfer that the device does while it answers is at its end", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  await it.device.inform();
  const { params } = await it.device.expectRpc("Download");
  await fetched(params.URL);
  await it.device.answer({
    Status: 0,
    StartTime: "2026-01-01T00:00:00Z",
    CompleteTime: "2026-01-01T00:00:09Z",
  });
  await it.device.expectNothing();
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
});

test("a transfer that the device reports a fault of has failed, and says why", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  const { CommandKey = "" } = await it.acceptDownload();
  await it.report(CommandKey, { FaultStruct: { FaultCode: 9018, FaultString: "wrong sum" } });
  const { state, reason, transfer } = await it.client.operations.get(operation.id);
  assert.deepEqual([state, transfer?.state], ["faulted", "failed"]);
  assert.equal(reason, "the device reports fault 9018 wrong sum");
});

test("a report that comes twice is answered twice, and told once", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  const { CommandKey = "" } = await it.acceptDownload();
  await it.report(CommandKey);
  await it.report(CommandKey, {}, ["1 BOOT", "7 TRANSFER COMPLETE"]);
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
  assert.equal(await it.reports(), 1);
});

test("a transfer of which the device never tells ends as unknown, and a report that comes late corrects it [QUIRKS-TRANSFER-62]", async () => {
  await using it = await enrol(acs);
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  const { CommandKey = "" } = await it.acceptDownload();
  // Power is lost: it comes back, and says nothing of the file.
  await it.device.inform({ events: ["1 BOOT"] });
  await it.device.expectNothing();
  await untilEnded(it, operation.id);
  assert.deepEqual(await it.states(operation), ["outcome-unknown", "outcome-unknown"]);
  await it.report(CommandKey);
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
});

test("a report with an empty CommandKey is of the only transfer there is [QUIRKS-TRANSFER-62]", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  await it.acceptDownload();
  await it.report("");
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
});

test("of a download and an upload, a report without a CommandKey is of the one that the Inform names", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const download = await it.client.operations.download(it.key, { file: file.id });
  await it.acceptDownload();
  const upload = await it.client.operations.upload(it.key);
  await it.acceptUpload();
  await it.report("", {}, ["7 TRANSFER COMPLETE", "M Upload"]);
  assert.deepEqual(await it.states(download), ["transferring", "transferring"]);
  assert.deepEqual(await it.states(upload), ["done", "completed"]);
});

test("a report before the answer settles the transfer, which the device is not asked for again", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  await it.device.inform();
  const { params } = await it.device.expectRpc("Download");
  it.device.cut();
  await it.report(params.CommandKey ?? "", {}, ["1 BOOT", "7 TRANSFER COMPLETE", "M Download"]);
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
});

test("a transfer is cancelled, and what the device says of it later counts all the same", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const operation = await it.client.operations.download(it.key, { file: file.id });
  const { URL, CommandKey = "" } = await it.acceptDownload();
  await it.client.operations.cancel(operation.id);
  assert.deepEqual(await it.states(operation), ["cancelled", "cancelled"]);
  assert.equal((await fetch(URL)).status, 403);
  await it.report(CommandKey);
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
});

test("a download in time windows is asked for by ScheduleDownload, and awaited to the end of the last", async () => {
  await using it = await enrol();
  const file = await it.addFirmware();
  const windows = [
    { start: 0, end: 600 },
    { start: 86_400, end: 90_000 },
  ];
  const operation = await it.client.operations.download(it.key, { file: file.id, windows });
  await it.device.inform();
  const { params } = await it.device.expectRpc("ScheduleDownload");
  assert.deepEqual(
    params.TimeWindowList.map(({ WindowStart, WindowEnd }) => [WindowStart, WindowEnd]),
    [
      [0, 600],
      [86_400, 90_000],
    ],
  );
  await it.device.answer();
  await it.device.expectNothing();
  const { transfer, created } = await it.client.operations.get(operation.id);
  assert.equal(transfer?.state, "transferring");
  assert.ok(Date.parse(transfer.until ?? "") - Date.parse(created) >= (90_000 + 3_600) * 1_000);
  assert.deepEqual(await fetched(params.URL), FIRMWARE);
  await it.report(params.CommandKey ?? "", {}, ["7 TRANSFER COMPLETE", "M ScheduleDownload"]);
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
});

test("a configuration that the device sends stands among its files, and is given out as it came", async () => {
  await using it = await enrol();
  const operation = await it.client.operations.upload(it.key);
  const { URL, FileType, CommandKey = "" } = await it.acceptUpload();
  assert.equal(FileType, "1 Vendor Configuration File");
  assert.equal(await sent(URL, "<script>alert(1)</script>"), 204);
  assert.equal(await sent(URL, "another"), 409);
  await it.report(CommandKey, {}, ["7 TRANSFER COMPLETE", "M Upload"]);
  const { items } = await it.client.files.list({ device: it.key });
  const [file, ...others] = items;
  assert.ok(file !== undefined && others.length === 0);
  const { transfer } = await it.client.operations.get(operation.id);
  assert.deepEqual([transfer?.state, transfer?.file], ["completed", file.id]);
  const content = await it.client.files.content(file.id);
  assert.equal(content.headers.get("content-type"), "application/octet-stream");
  assert.match(content.headers.get("content-disposition") ?? "", /^attachment; /);
  assert.equal(await content.text(), "<script>alert(1)</script>");
  assert.equal(await sent(URL, "later"), 403);
});

test("a device that resumes gets the rest, and a link opens nothing but its own file for its own transfer", async () => {
  await using it = await enrol();
  const [file, other] = [
    await it.addFirmware(),
    await it.client.files.add({ name: "b.bin" }, Buffer.from("b")),
  ];
  await it.client.operations.download(it.key, { file: file.id });
  const { URL: url } = await it.acceptDownload();
  const rest = await fetched(url, { range: "bytes=1000-" });
  assert.deepEqual(rest, FIRMWARE.subarray(1_000));
  const many = Array.from({ length: 500 }, (_, index) => `${index}-`).join(",");
  assert.deepEqual(await fetched(url, { range: `bytes=${many}` }), FIRMWARE);
  assert.equal((await fetch(url.replace(file.id, other.id))).status, 403);
  const digits = url.replace(/[^/]+\/[^/]+$/, "AAAA/x");
  assert.equal((await fetch(digits)).status, 403);
  for (const path of ["/files/..%2f..%2fheliograph.db", "/files/../secret.key", "/uploads/..%2fx/y"]) {
    assert.ok([403, 404, 405].includes((await fetch(new URL(path, url))).status), path);
  }
});

test("a device that needs a login gets one that is made for its transfer, and opens nothing when that has ended", async () => {
  await using it = await enrol();
  await it.client.devices.setQuirk(it.key, { name: "file-login", value: "login" });
  const file = await it.addFirmware();
  await it.client.operations.download(it.key, { file: file.id });
  const { URL: url, Username = "", Password = "", CommandKey = "" } = await it.acceptDownload();
  assert.ok(!url.includes(Password) && Password.length >= 22);
  const unknown = await fetch(url);
  assert.equal(unknown.status, 401);
  assert.match(unknown.headers.get("www-authenticate") ?? "", /^Digest .*algorithm=MD5.*qop="auth"/);
  const authorization = basicAuthorization(Username, Password);
  assert.deepEqual(await fetched(url, { authorization }), FIRMWARE);
  const wrong = await fetch(url, { headers: { authorization: basicAuthorization(Username, "guess") } });
  assert.equal(wrong.status, 401);
  await it.report(CommandKey);
  assert.equal((await fetch(url, { headers: { authorization } })).status, 403);
});

test("a device that needs a login sends its configuration by one", async () => {
  await using it = await enrol();
  await it.client.devices.setQuirk(it.key, { name: "file-login", value: "login" });
  await it.client.operations.upload(it.key);
  const { URL: url, Username = "", Password = "" } = await it.acceptUpload();
  const put = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await fetch(url, { method: "PUT", body: "a=1", headers })).status;
  assert.equal(await put({}), 401);
  assert.equal(await put({ authorization: basicAuthorization(Username, Password) }), 204);
});

async function untilEnded(it: TransferringDevice, id: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const watching = async (): Promise<void> => {
    for await (const { operation } of it.client.events({ names: ["operation"], after: 0, signal })) {
      if (operation === id && (await it.client.operations.get(id)).ended !== undefined) return;
    }
  };
  await within(watching(), "the end of the transfer");
}
