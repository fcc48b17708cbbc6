import { decodePolicy } from "@heliograph/protocol";
import type { PolicySetting, PolicyWithdrawal } from "@heliograph/protocol";
import type { DataModel } from "../data-model.ts";
import type { DeviceClock, DeviceTimer } from "../device-clock.ts";
import { bringAbout } from "./apply-policy.ts";
import type { PolicyFaults } from "./apply-policy.ts";
import { heldValues, isApplicable, missingObjects } from "./held-values.ts";
import type { HeldValue } from "./held-values.ts";
import { isNews, isSameStanding, knownPolicy, settingsIn, withPolicy } from "./policy-memory.ts";
import type { HeldPolicy, KnownPolicy, PolicyMemory, PolicyStanding } from "./policy-memory.ts";

export interface PoliciesOptions {
  readonly model: DataModel;
  readonly clock: DeviceClock;
  /** Kept over restarts. */
  readonly memory: { get: () => PolicyMemory; keep: (memory: PolicyMemory) => void };
  /** Says to the ACS how it stands with what was published last on a channel. */
  readonly tell: (channel: string, standing: PolicyStanding) => void;
}

const HOUR_MS = 3_600_000;
/** So often a policy is applied again in an hour before something is said to fight it [LIGHT 6]. */
const MOST_MENDED = 3;
/** The ACS is told of no more paths than that. */
const MOST_DRIFTED = 64;

const APPLIED: PolicyStanding = { status: "applied" };
const NOT_APPLICABLE: PolicyStanding = { status: "applied", data: { NotApplicable: true } };
const FIGHTING: PolicyStanding = { status: "faulted", data: { Fighting: true } };

/** Brings about what policies say, and keeps it so [LIGHT 6]. */
export class Policies {
  readonly #options: PoliciesOptions;
  readonly #stopHearing: () => void;
  #isChecking = false;
  #isClosed = false;
  #timer: DeviceTimer | undefined;

  constructor(options: PoliciesOptions) {
    this.#options = options;
    this.#stopHearing = options.model.onChange(() => this.checkSoon());
  }

  /** Takes what was published of a policy, and gives how the device stands with it. */
  take(channel: string, data: unknown): PolicyStanding {
    const decoded = decodePolicy(data);
    if (!decoded.ok) return faultedBy([{ FaultCode: 9003, FaultString: decoded.problem.detail }]);
    const { value } = decoded;
    return "Withdrawn" in value ? this.#forget(value) : this.#adopt(value, channel);
  }

  /** Looks at what is held: at attach, at boot, and once a value has changed. */
  check(): void {
    this.#timer?.cancel();
    for (const { name } of this.#options.memory.get()) this.#look(name);
    this.#lookLater();
  }

  /** Once what changes now has changed. */
  checkSoon(): void {
    if (this.#isChecking || settingsIn(this.#options.memory.get()).length === 0) return;
    this.#isChecking = true;
    queueMicrotask(() => {
      this.#isChecking = false;
      if (!this.#isClosed) this.check();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopHearing();
    this.#timer?.cancel();
  }

  #adopt(setting: PolicySetting, channel: string): PolicyStanding {
    const { model, memory } = this.#options;
    const { Policy: name, Version: version } = setting;
    const known = knownPolicy(memory.get(), name);
    if (!isNews(known, version)) return known?.held?.standing ?? forgotten(version);
    const next = { name, version, held: { setting, channel, standing: APPLIED, mended: [] } };
    const faults = this.#change(next);
    if (faults !== undefined) {
      if (known?.held !== undefined) this.#keep({ ...known, held: { ...known.held, isOutdated: true } });
      return faultedBy(faults);
    }
    const standing = isApplicable(setting, model) ? APPLIED : NOT_APPLICABLE;
    this.#keep({ ...next, held: { ...next.held, standing } });
    return standing;
  }

  #forget({ Policy: name, Version: version }: PolicyWithdrawal): PolicyStanding {
    const known = knownPolicy(this.#options.memory.get(), name);
    if (known !== undefined && known.version > version) return APPLIED;
    const next = { name, version };
    // Where another policy cannot be brought about, it says so itself.
    this.#change(next);
    this.#keep(next);
    this.checkSoon();
    return APPLIED;
  }

  /** Sets what the policy holds then, and what it leaves to others. */
  #change(next: KnownPolicy): PolicyFaults | undefined {
    const { model, memory } = this.#options;
    const settings = settingsIn(withPolicy(memory.get(), next));
    const policy = next.held?.setting;
    if (policy !== undefined && !isApplicable(policy, model)) return undefined;
    const before = heldValues(settingsIn(memory.get()), model);
    const concerns = (held: HeldValue): boolean =>
      held.policy === next.name || before.get(held.path)?.policy === next.name;
    return bringAbout(model, { settings, policy, concerns });
  }

  #look(name: string): void {
    const { memory } = this.#options;
    const known = knownPolicy(memory.get(), name);
    if (known?.held === undefined) return;
    const { held } = known;
    const next = this.#seen(held);
    if (next === held) return;
    this.#keep({ ...known, held: next });
    const isTold = next.isOutdated === true || isSameStanding(next.standing, held.standing);
    if (!isTold) this.#options.tell(held.channel, next.standing);
  }

  #seen(held: HeldPolicy): HeldPolicy {
    const { model } = this.#options;
    const { setting } = held;
    const drifted = this.#drifted(setting);
    if (drifted.length === 0) return stands(held, isApplicable(setting, model) ? APPLIED : NOT_APPLICABLE);
    if (setting.Hold !== "mend") {
      return stands(held, { status: "applied", data: { Drifted: drifted.slice(0, MOST_DRIFTED) } });
    }
    return this.#mended(held);
  }

  #mended(held: HeldPolicy): HeldPolicy {
    const { model, clock, memory } = this.#options;
    const { setting, standing: before } = held;
    const now = clock.now();
    const recent = held.mended.filter((at) => at > now - HOUR_MS);
    if (recent.length >= MOST_MENDED) return before.status === "faulted" ? held : stands(held, FIGHTING);
    const settings = settingsIn(memory.get());
    const concerns = ({ policy }: HeldValue): boolean => policy === setting.Policy;
    const faults = bringAbout(model, { settings, policy: setting, concerns });
    const standing = faults === undefined ? APPLIED : faultedBy(faults);
    return { ...stands(held, standing), mended: [...recent, now] };
  }

  /** What could not be mended is tried again once it may be. */
  #lookLater(): void {
    const { clock, memory } = this.#options;
    const spent = memory.get().flatMap(({ held }) => {
      const [oldest] = held?.standing.status === "faulted" ? held.mended.slice(-MOST_MENDED) : [];
      return oldest === undefined ? [] : [oldest];
    });
    if (spent.length === 0) return;
    const delayMs = Math.max(0, Math.min(...spent) + HOUR_MS - clock.now());
    this.#timer = clock.after(delayMs, () => this.check());
  }

  /** Paths that differ from what the policy holds, and objects of it that are gone. */
  #drifted(setting: PolicySetting): readonly string[] {
    const { model, memory } = this.#options;
    if (!isApplicable(setting, model)) return [];
    const held = [...heldValues(settingsIn(memory.get()), model).values()];
    const values = held.filter(({ path, value, policy }) => {
      return policy === setting.Policy && !model.holds(path, value);
    });
    const objects = missingObjects(setting, model);
    return [...objects.map((wanted) => wanted.Object), ...values.map(({ path }) => path)];
  }

  #keep(known: KnownPolicy): void {
    const { memory } = this.#options;
    memory.keep(withPolicy(memory.get(), known));
  }
}

function stands(held: HeldPolicy, standing: PolicyStanding): HeldPolicy {
  return isSameStanding(held.standing, standing) ? held : { ...held, standing };
}

function faultedBy(faults: PolicyFaults): PolicyStanding {
  return { status: "faulted", data: { Faults: faults } };
}

function forgotten(version: number): PolicyStanding {
  return faultedBy([{ FaultCode: 9001, FaultString: `version ${version} is older than what was withdrawn` }]);
}
