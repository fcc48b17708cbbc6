import type { DeviceState, StateKeeper } from "@heliograph/agent";
import type { TroubledTransfer } from "./transfer-trouble.ts";

type Agenda = DeviceState["agenda"];
type Report = Extract<Agenda["requests"][number], { readonly method: "TransferComplete" }>;

const TOLD = "7 TRANSFER COMPLETE";

/**
 * What a device remembers of a transfer over a restart that comes at the wrong time: it loses power as soon as it has a report
 * to make, or, where it tells twice, as soon as that was answered; of the answer it then knows nothing.
 */
export function troubledMemory(
  keeper: StateKeeper,
  { trouble, losePower }: Pick<TroubledTransfer, "trouble" | "losePower">,
): StateKeeper {
  switch (trouble) {
    case "reboots":
    case "keyless":
      return new RestartingMemory(keeper, { forgetsKeys: trouble === "keyless", losePower });
    case "twice":
      return new RepeatingMemory(keeper, losePower);
    case "denied":
    case "corrupt":
    case "power-loss":
    case "late":
    case undefined:
      return keeper;
  }
}

interface Restarting {
  readonly forgetsKeys: boolean;
  readonly losePower: () => void;
}

class RestartingMemory implements StateKeeper {
  readonly #keeper: StateKeeper;
  readonly #restarting: Restarting;
  /** Reports that a restart has come before. */
  readonly #known = new Set<string>();
  #isDown = false;

  constructor(keeper: StateKeeper, restarting: Restarting) {
    this.#keeper = keeper;
    this.#restarting = restarting;
  }

  load(): DeviceState | undefined {
    this.#isDown = false;
    return this.#keeper.load();
  }

  save(state: DeviceState): void {
    if (this.#isDown) return;
    const news = readyReports(state.agenda).filter((report) => !this.#known.has(sameness(report)));
    if (news.length === 0) {
      this.#keeper.save(state);
      return;
    }
    for (const report of news) this.#known.add(sameness(report));
    const { forgetsKeys, losePower } = this.#restarting;
    this.#keeper.save(forgetsKeys ? { ...state, agenda: keyless(state.agenda) } : state);
    this.#isDown = true;
    losePower();
  }
}

class RepeatingMemory implements StateKeeper {
  readonly #keeper: StateKeeper;
  readonly #losePower: () => void;
  readonly #told = new Set<string>();
  #before: Agenda | undefined;
  #isDown = false;

  constructor(keeper: StateKeeper, losePower: () => void) {
    this.#keeper = keeper;
    this.#losePower = losePower;
  }

  load(): DeviceState | undefined {
    this.#isDown = false;
    return this.#keeper.load();
  }

  save(state: DeviceState): void {
    if (this.#isDown) return;
    const waiting = new Set(readyReports(state.agenda).map(sameness));
    const answered = readyReports(this.#before).find(
      (report) => !waiting.has(sameness(report)) && !this.#told.has(sameness(report)),
    );
    if (answered === undefined) {
      this.#before = state.agenda;
      this.#keeper.save(state);
      return;
    }
    this.#told.add(sameness(answered));
    this.#before = undefined;
    const { agenda } = state;
    const requests = [answered, ...agenda.requests];
    this.#keeper.save({ ...state, agenda: { ...agenda, requests, events: [...agenda.events, again] } });
    this.#isDown = true;
    this.#losePower();
  }
}

const again = { EventCode: TOLD, CommandKey: "" };

/** Those that the device has all the events of. */
function readyReports(agenda: Agenda | undefined): readonly Report[] {
  return agenda !== undefined && isReady(agenda) ? reportsIn(agenda) : [];
}

function isReady({ events }: Agenda): boolean {
  return events.some(({ EventCode }) => EventCode === TOLD);
}

function reportsIn({ requests }: Agenda): readonly Report[] {
  return requests.filter((request) => request.method === "TransferComplete");
}

/** What one report has in all its repetitions. */
function sameness({ params: { StartTime, CompleteTime, FaultStruct } }: Report): string {
  return JSON.stringify([StartTime, CompleteTime, FaultStruct.FaultCode]);
}

function keyless(agenda: Agenda): Agenda {
  return {
    ...agenda,
    events: agenda.events.map((event) =>
      event.EventCode.startsWith("M ") ? { ...event, CommandKey: "" } : event,
    ),
    requests: agenda.requests.map((request) =>
      request.method === "TransferComplete"
        ? { ...request, params: { ...request.params, CommandKey: "" } }
        : request,
    ),
  };
}
