import type { DeviceKey } from "@heliograph/protocol";
import {
  asError,
  nextStep,
  privateChannel,
  shareOf,
  subjects,
  waveOf,
  worstFirst,
  type Bus,
  type Clock,
  type Log,
  type PolicyName,
  type PolicyRecord,
  type Random,
  type Rollout,
  type Store,
} from "../../ports/index.ts";

const EPOCH_BYTES = 8;
/** How often devices are begun with, and looked at. */
const STEP_MS = 1_000;
/** Who joined or left is heard of; where that was lost, it is found out within this time. */
const SWEEP_STEPS = 60;
const PAGE = 1_000;
/** Devices to a commit, so that none is long; others get in between. */
const BATCH = 200;
/** Each of them is told on a channel of its own. */
const LEAVING = 50;

interface RolloutPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

type Rolling = PolicyRecord & { readonly rollout: Rollout };

/** Brings versions of policies to their groups, and has who joins or leaves a group take up its policies or leave them. */
export function startRollouts(ports: RolloutPorts): { close(): Promise<void> } {
  const { bus, clock, log } = ports;
  const rollouts = new Rollouts(ports);
  let running: Promise<void> | undefined;
  function step(): void {
    timer = clock.after(STEP_MS, step);
    run();
  }
  function run(): void {
    running ??= rollouts
      .step()
      .catch((error: unknown) => {
        log.warn("policies wait to be brought about", { error: asError(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }
  let timer = clock.after(STEP_MS, step);
  const onGroup = (): void => {
    rollouts.sweepSoon();
  };
  const heard = [
    bus.subscribe(subjects.everyGroupJoined, onGroup),
    bus.subscribe(subjects.everyGroupLeft, onGroup),
    bus.subscribe(subjects.everyConfigChanged, ({ what }) => {
      if (what === "groups" || what === "policies") onGroup();
    }),
  ];
  return {
    async close() {
      timer.cancel();
      for (const subscription of heard) subscription.unsubscribe();
      rollouts.stop();
      await running;
    },
  };
}

class Rollouts {
  readonly #ports: RolloutPorts;
  /** Who is still to be begun with in the wave that a rollout is in, until it is in another. */
  readonly #waves = new Map<PolicyName, { readonly of: string; readonly left: DeviceKey[] }>();
  #steps = 0;
  #isStopped = false;

  constructor(ports: RolloutPorts) {
    this.#ports = ports;
  }

  sweepSoon(): void {
    this.#steps = 0;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async step(): Promise<void> {
    const isSweep = this.#steps % SWEEP_STEPS === 0;
    this.#steps += 1;
    const policies = await this.#ports.store.policies();
    for (const policy of policies.filter(isRolling)) {
      if (this.#isStopped) return;
      if (isSweep) await this.#letGo(policy);
      if (policy.rollout.state !== "complete") await this.#goOn(policy);
      else if (isSweep) await this.#takeIn(policy);
    }
  }

  async #goOn(policy: Rolling): Promise<void> {
    const { store, clock, bus } = this.#ports;
    const { name, rollout, rules } = policy;
    if (rollout.state !== "running" && rollout.state !== "watching") return;
    const counts = await store.complianceCounts(name);
    const left = rollout.state === "running" ? await this.#wave(policy) : [];
    const step = nextStep({ rollout, rules, counts, waiting: left.length }, clock.now());
    if (step.type === "begin") {
      await this.#begin(policy, left.slice(0, step.count));
      left.splice(0, step.count);
    }
    if (step.type !== "move") return;
    await store.commit("move-rollout", { policy: name, from: rollout, to: step.to });
    bus.publish(subjects.configChanged, { what: "policies" });
  }

  /** Devices of the wave that were not begun with, each once; whom an earlier version is to help first, first. */
  async #wave(policy: Rolling): Promise<DeviceKey[]> {
    const { name, rollout } = policy;
    const of = JSON.stringify(rollout);
    const known = this.#waves.get(name);
    if (known?.of === of) return known.left;
    const left = await this.#membersOf(policy);
    this.#waves.set(name, { of, left });
    return left;
  }

  async #membersOf({ name, group, rollout, rules }: Rolling): Promise<DeviceKey[]> {
    const { store } = this.#ports;
    const joiners = await everyPage(
      (after) => store.policyJoiners({ policy: name, limit: PAGE, ...after }),
      ({ device }) => device,
    );
    if (rollout.atOnce === true) return [...worstFirst(joiners, rollout.version - 1)];
    const members = await everyPage(
      async (after) => (await store.groupMembers({ group, limit: PAGE, ...after })).items,
      ({ device }) => device,
    );
    const wanted = new Set(joiners.map(({ device }) => device));
    const wave = waveOf(
      name,
      members.map(({ device }) => device),
      shareOf({ rollout, rules }),
    );
    return wave.filter((device) => wanted.has(device));
  }

  /** Whoever joins a group that has the version is begun with at once. */
  async #takeIn(policy: Rolling): Promise<void> {
    const limit = Math.max(policy.rules.perSecond, 1);
    const joiners = await this.#ports.store.policyJoiners({ policy: policy.name, limit });
    if (joiners.length === limit) this.sweepSoon();
    await this.#begin(
      policy,
      joiners.map(({ device }) => device),
    );
  }

  async #begin({ name: policy, version }: Rolling, all: readonly DeviceKey[]): Promise<void> {
    const { store, bus, clock } = this.#ports;
    for (let done = 0; done < all.length && !this.#isStopped; done += BATCH) {
      const part = all.slice(done, done + BATCH);
      const { devices } = await store.commit("begin-compliance", {
        ...{ policy, version, devices: part },
        at: clock.now(),
      });
      if (devices.length > 0) bus.publish(subjects.membersChanged, { devices });
    }
  }

  /** Whoever left the group is told that the policy is withdrawn. */
  async #letGo({ name: policy }: Rolling): Promise<void> {
    const { store, bus, clock, random } = this.#ports;
    const leavers = await store.policyLeavers({ policy, limit: LEAVING });
    if (leavers.length === 0) return;
    if (leavers.length === LEAVING) this.sweepSoon();
    const epoch = random.hex(EPOCH_BYTES);
    const change = { policy, devices: leavers, epoch, at: clock.now() };
    const { devices } = await store.commit("end-compliance", change);
    bus.publish(subjects.membersChanged, { devices });
    const sequence = await store.lastPublication();
    for (const device of devices) {
      bus.publish(subjects.published, { channel: privateChannel(device, "config"), sequence });
    }
  }
}

function isRolling(policy: PolicyRecord): policy is Rolling {
  return policy.rollout !== undefined;
}

async function everyPage<T>(
  read: (after: { readonly after?: DeviceKey }) => Promise<readonly T[]>,
  keyOf: (item: T) => DeviceKey,
): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await read(last === undefined ? {} : { after: keyOf(last) });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
