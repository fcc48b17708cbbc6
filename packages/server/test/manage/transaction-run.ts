import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Operation } from "@heliograph/api";
import { createClient } from "@heliograph/api/client";
import { decodeDeviceRequest } from "@heliograph/protocol";
import { Caller, isOpen } from "../caller.ts";
import { within } from "../deadline.ts";
import { DeviceLedger } from "../device-ledger.ts";
import { DialogDevice } from "../dialog-device.ts";
import { LightDialogDevice } from "../light-dialog-device.ts";
import type { Arming } from "../kill-switch.ts";
import { markOf, mustRunOnce, type MarkedMethod } from "../marked-call.ts";
import type { ServerHosts } from "../server-hosts.ts";
import { Supervisor } from "../supervisor.ts";
import { commit, type Committed, type MarkedSend } from "./transacting-manager.ts";

/** What came of the transactions of a run. */
export interface TransactionRun {
  readonly kills: number;
  readonly committed: number;
  /** Of those, whose RECEIPT came. */
  readonly receipted: number;
  /** Of those, that are stored. */
  readonly stored: number;
  /** What must not be. */
  readonly faults: readonly string[];
}

export interface TransactionMeans {
  readonly hosts: ServerHosts;
  /** A folder of its own, which is made. */
  readonly folder: string;
  readonly arming?: Arming;
  /** Kills the server meanwhile, in its own way, until it resolves; transactions are committed as long. */
  readonly harass?: (supervisor: Supervisor) => Promise<void>;
}

/** What the manager keeps for itself. */
interface Kept extends Committed {
  readonly sends: readonly MarkedSend[];
}

type Device = DialogDevice | LightDialogDevice;

const LEAST_TRANSACTIONS = 3;
/** Of each device, in this order. */
const METHODS: readonly MarkedMethod[] = ["AddObject", "GetParameterValues"];
const LONG_WORK_MS = 120_000;

/**
 * A manager commits one transaction after the other over three devices (a classic one, one that speaks tokens and one that
 * speaks STOMP), and none of them twice, whatever becomes of the server; then everything is compared.
 */
export async function runTransactions(means: TransactionMeans): Promise<TransactionRun> {
  const { hosts, folder, arming = {}, harass } = means;
  mkdirSync(folder);
  await using supervisor = await Supervisor.start({
    hosts,
    data: join(folder, "data"),
    openEnrolment: "loopback",
    arming,
  });
  const ledger = new DeviceLedger(join(folder, "ledger"));
  await using stack = new AsyncDisposableStack();
  const options = { supervisor, ledger };
  const light = { ...options, replayWindow: 16 };
  const devices: readonly Device[] = [
    stack.use(new DialogDevice({ ...options, serialNumber: "1" })),
    stack.use(new LightDialogDevice({ ...light, subprotocol: "cwmp.json", serialNumber: "2" })),
    stack.use(new LightDialogDevice({ ...light, subprotocol: "v12.stomp", serialNumber: "3" })),
  ];
  await begin(devices);
  const committed = await commitAll(supervisor, devices, harass?.(supervisor));
  const operations = await allEnded(supervisor);
  for (const device of devices) await device.idle();
  // Or they would wait for the next life.
  await stack.disposeAsync();
  await supervisor.stop();
  return {
    kills: supervisor.kills,
    committed: committed.length,
    receipted: committed.filter(({ isReceipted }) => isReceipted).length,
    stored: committed.filter(({ sends }) => storedOf(sends, operations).length > 0).length,
    faults: committed.flatMap((each) => faultsOf(each, { operations, ledger })),
  };
}

async function begin(devices: readonly Device[]): Promise<void> {
  for (const device of devices) {
    await device.listen();
    device.inform("0 BOOTSTRAP", "1 BOOT");
  }
  for (const device of devices) await device.idle();
}

async function commitAll(
  supervisor: Supervisor,
  devices: readonly Device[],
  harassing: Promise<void> = Promise.resolve(),
): Promise<readonly Kept[]> {
  const over = new AbortController();
  const harassed = harassing.finally(() => over.abort());
  const committed: Kept[] = [];
  for (let least = 1; committed.length < LEAST_TRANSACTIONS || !over.signal.aborted;) {
    const life = await supervisor.up(least);
    const sends = sendsOf(devices, committed.length);
    const came = await commit(life, sends);
    committed.push({ ...came, sends });
    least = came.isAnswered ? 1 : life.number + 1;
  }
  await harassed;
  return committed;
}

function sendsOf(devices: readonly Device[], transaction: number): readonly MarkedSend[] {
  return METHODS.flatMap((method) =>
    devices.map(({ key }) => ({ device: key, method, mark: `${transaction}-${key}-${method}` })),
  );
}

/** All operations, once the last of them has ended. */
async function allEnded(supervisor: Supervisor): Promise<readonly Operation[]> {
  const caller = new Caller(supervisor);
  const { northboundUrl: url, token } = await supervisor.up();
  const stop = new AbortController();
  const client = createClient({ url, token });
  const list = async (): Promise<readonly Operation[]> =>
    (await caller.insist((insisted) => insisted.operations.list({ limit: 1_000 }))).items;
  const watch = async (): Promise<readonly Operation[]> => {
    let operations = await list();
    if (!operations.some(isOpen)) return operations;
    for await (const { data } of client.events({ names: ["operation"], after: 0, signal: stop.signal })) {
      if (data["state"] !== "queued" && data["state"] !== "running") operations = await list();
      if (!operations.some(isOpen)) break;
    }
    return operations;
  };
  try {
    return await within(watch(), "the end of all operations", LONG_WORK_MS);
  } finally {
    stop.abort();
  }
}

/** The operations that are made of a transaction. */
function storedOf(
  sends: readonly MarkedSend[],
  operations: readonly Operation[],
): readonly { readonly operation: Operation; readonly marks: readonly string[] }[] {
  const ours = new Set(sends.map(({ mark }) => mark));
  return operations
    .map((operation) => ({ operation, marks: operation.rpcs.map(markIn) }))
    .filter(({ marks }) => marks.some((mark) => ours.has(mark)));
}

function faultsOf(
  { sends, isReceipted }: Kept,
  { operations, ledger }: { readonly operations: readonly Operation[]; readonly ledger: DeviceLedger },
): readonly string[] {
  const stored = storedOf(sends, operations);
  const marks = stored.flatMap((each) => each.marks);
  const isWhole = marks.length === sends.length && sends.every(({ mark }) => marks.includes(mark));
  const [{ mark: first } = { mark: "" }] = sends;
  return [
    ...(marks.length > 0 && !isWhole
      ? [`${first}: a part of its transaction is stored: ${marks.join()}`]
      : []),
    ...(isReceipted && !isWhole ? [`${first}: its RECEIPT came, and it is not stored`] : []),
    ...stored.flatMap(({ operation }) => endingFaults(operation)),
    ...sends.flatMap((send) => runFaults(send, { stored, runs: ledger.runs(send.mark) })),
  ];
}

function endingFaults({ id, state }: Operation): readonly string[] {
  return state === "done" || state === "outcome-unknown" ? [] : [`the operation ${id} is ${state}`];
}

function runFaults(
  { mark, method }: MarkedSend,
  { stored, runs }: { readonly stored: ReturnType<typeof storedOf>; readonly runs: number },
): readonly string[] {
  const found = stored.find(({ marks }) => marks.includes(mark));
  return [
    ...(found === undefined && runs > 0 ? [`${mark}: it ran, and is not stored`] : []),
    ...(found?.operation.state === "done" && runs === 0 ? [`${mark}: it is done, and never ran`] : []),
    ...(mustRunOnce(method) && runs > 1 ? [`${mark}: it ran ${runs} times`] : []),
  ];
}

function markIn({ method, params = {} }: Operation["rpcs"][number]): string {
  const request = decodeDeviceRequest(method, params);
  return request.ok ? markOf(request.value) : "";
}
