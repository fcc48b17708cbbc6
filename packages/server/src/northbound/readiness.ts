import { asError, engineId, subjects, type Bus, type Clock, type Log, type Store } from "../ports/index.ts";
import { deadline } from "./deadline.ts";

/** One thing without which the ACS is not what it should be. */
export interface Check {
  readonly name: "reading" | "changing" | "newcomers" | "engine";
  readonly state: "good" | "troubled";
  readonly why?: string;
}

export interface ReadinessPorts {
  readonly store: Pick<Store, "refusal" | "lastEventId">;
  readonly clock: Clock;
  readonly log: Log;
  /** By which engines are asked; left out where none need be there. */
  readonly bus?: Pick<Bus, "request">;
  /** Whether devices that come anew are sent away; left out where none come to this process. */
  readonly sendsAway?: () => boolean;
}

/** For the store to answer that it can be read, and for an engine to answer at all. */
export const READY_MS = 2_000;

/** Looks at everything that readiness is made of. Never rejects, and never takes longer than {@link READY_MS}. */
export async function lookAtReadiness(ports: ReadinessPorts): Promise<readonly Check[]> {
  const { store, bus, sendsAway } = ports;
  const changing = store.refusal;
  const engine = bus === undefined ? undefined : whyNoEngine(bus);
  const newcomers =
    sendsAway?.() === true
      ? "the ACS cannot keep up: devices that come anew are told to come later"
      : undefined;
  return [
    checkOf("reading", await whyUnreadable(ports)),
    checkOf("changing", changing),
    ...(engine === undefined ? [] : [checkOf("engine", await engine)]),
    ...(sendsAway === undefined ? [] : [checkOf("newcomers", newcomers)]),
  ];
}

/** Whoever is reached says so: it is of no account which engine that is. */
const NO_ENGINE = engineId("0000000000000000");

async function whyNoEngine(bus: Pick<Bus, "request">): Promise<string | undefined> {
  try {
    await bus.request(subjects.engines, { engine: NO_ENGINE }, { timeoutMs: READY_MS });
    return undefined;
  } catch (error) {
    return `no engine answers: ${asError(error).message}`;
  }
}

function checkOf(name: Check["name"], why: string | undefined): Check {
  return why === undefined ? { name, state: "good" } : { name, state: "troubled", why };
}

async function whyUnreadable({ store, clock, log }: ReadinessPorts): Promise<string | undefined> {
  using over = deadline(clock, READY_MS, new AbortController().signal);
  return await Promise.race([
    over.passed.then(() => `the store gave no answer within ${READY_MS / 1_000} seconds`),
    store.lastEventId().then(
      () => undefined,
      (thrown: unknown) => {
        const error = asError(thrown);
        log.warn("the store cannot be read", { error });
        return "the store cannot be read";
      },
    ),
  ]);
}
