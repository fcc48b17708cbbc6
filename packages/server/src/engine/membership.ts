import {
  ALIVE_MS,
  NobodyThereError,
  queues,
  RequestTimedOutError,
  subjects,
  watchEngines,
  type Bus,
  type Clock,
  type EngineId,
  type EngineNews,
  type Subscription,
} from "../ports/index.ts";

interface Ports {
  readonly bus: Bus;
  readonly clock: Clock;
}

/** An engine among the others. */
export interface Membership {
  /** All that there are, this one among them. */
  living(): readonly EngineId[];
  /** Tells of others that come and go from now on. */
  follow(news: EngineNews): void;
  /** Says that it goes. */
  leave(): void;
}

/** Whoever is asked knows, or does not answer; what it would have said is heard within so long. */
const ASK_MS = ALIVE_MS;

/** An engine that knows of no other says all the same that it is there: gateways listen. */
export function standAlone(engine: EngineId, ports: Ports): Membership {
  const pulse = startPulse(engine, ports);
  const serving = serveWho(ports.bus, () => [engine]);
  return {
    living: () => [engine],
    follow: () => undefined,
    leave() {
      serving.unsubscribe();
      pulse.stop();
    },
  };
}

/** Joins the engines: asks who there is, says that it is there, and goes on saying so. */
export async function joinEngines(engine: EngineId, ports: Ports): Promise<Membership> {
  const { bus } = ports;
  // What is heard while it is asked counts as well.
  let news: EngineNews | undefined;
  const watch = watchEngines(ports, {
    joined(other, isBack) {
      if (other === engine || news === undefined) return;
      // Whoever comes need not wait for the next time.
      pulse.say();
      news.joined(other, isBack);
    },
    left(other) {
      if (other !== engine) news?.left(other);
    },
    stoodStill() {
      if (news === undefined) return;
      pulse.say();
      news.stoodStill?.();
    },
  });
  for (const other of await askWho(engine, bus)) watch.add(other);
  const pulse = startPulse(engine, ports);
  const living = (): readonly EngineId[] => {
    const others = watch.living();
    return others.includes(engine) ? others : [engine, ...others];
  };
  const serving = serveWho(bus, living);
  return {
    living,
    follow(follower) {
      news = follower;
    },
    leave() {
      serving.unsubscribe();
      watch.unsubscribe();
      pulse.stop();
    },
  };
}

/** Answers whoever asks which engines there are. */
function serveWho(bus: Bus, living: () => readonly EngineId[]): Subscription {
  return bus.serve(subjects.engines, () => Promise.resolve({ engines: living() }), { queue: queues.engine });
}

interface Pulse {
  say(): void;
  /** Says that it goes. */
  stop(): void;
}

function startPulse(engine: EngineId, { bus, clock }: Ports): Pulse {
  const say = (): void => {
    bus.publish(subjects.alive(engine), { engine });
  };
  function beat(): void {
    say();
    timer = clock.after(ALIVE_MS, beat);
  }
  let timer = clock.after(ALIVE_MS, beat);
  say();
  return {
    say,
    stop() {
      timer.cancel();
      bus.publish(subjects.alive(engine), { engine, leaves: true });
    },
  };
}

async function askWho(engine: EngineId, bus: Bus): Promise<readonly EngineId[]> {
  try {
    const { engines } = await bus.request(subjects.engines, { engine }, { timeoutMs: ASK_MS });
    return engines.filter((other) => other !== engine);
  } catch (error) {
    if (error instanceof NobodyThereError || error instanceof RequestTimedOutError) return [];
    throw error;
  }
}
