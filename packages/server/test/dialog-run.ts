import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Caller } from "./caller.ts";
import { DeviceLedger } from "./device-ledger.ts";
import type { Dialog } from "./dialogs.ts";
import type { Arming } from "./kill-switch.ts";
import { misreported, reckon, type Account } from "./reckoning.ts";
import type { ServerHosts } from "./server-hosts.ts";
import { Supervisor } from "./supervisor.ts";

/** What came of a dialog. */
export interface DialogRun {
  readonly accounts: readonly Account[];
  /** CommandKeys of transfers that are not stored exactly once. */
  readonly misreported: readonly string[];
  readonly kills: number;
  readonly complaints: string;
}

export interface DialogMeans {
  readonly hosts: ServerHosts;
  /** A folder of its own, which is made. */
  readonly folder: string;
  readonly arming?: Arming;
}

/**
 * Leads a dialog to its end, and compares what everybody knows when the server has been started once more. Rejects where
 * the dialog does not come to its end.
 */
export async function runDialog(dialog: Dialog, means: DialogMeans): Promise<DialogRun> {
  const { hosts, folder, arming = {} } = means;
  mkdirSync(folder);
  const { openEnrolment, flags = {} } = dialog;
  await using supervisor = await Supervisor.start({
    hosts,
    data: join(folder, "data"),
    openEnrolment,
    flags,
    arming,
  });
  const ledger = new DeviceLedger(join(folder, "ledger"));
  await using device = dialog.begin({ supervisor, serialNumber: "1", ledger });
  const caller = new Caller(supervisor);
  await device.lead(caller);
  // Some points are reached only by a server that stops.
  if (supervisor.kills === 0) await supervisor.restart();
  await caller.lookAgain();
  const { items } = await caller.insist((client) => client.devices.events(device.key, { limit: 1_000 }));
  const { kills, complaints } = supervisor;
  await supervisor.stop();
  return {
    accounts: reckon(caller.told, ledger),
    misreported: misreported(device.reported, items),
    kills,
    complaints,
  };
}
