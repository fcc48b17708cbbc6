import { setTimeout } from "node:timers/promises";
import { Attacker } from "./attacker.ts";
import { isExpected, type HostileCase } from "./hostile-case.ts";
import { classicNeighbours, lightNeighbour, type Neighbour } from "./neighbours.ts";
import { MemoryWatch, residentBytes } from "./server-memory.ts";
import { openTarget, type Target } from "./target.ts";

/** What came of one case. */
export interface Outcome {
  readonly name: string;
  readonly got: string;
  /** How long the slowest operation of each neighbour took meanwhile, in milliseconds. */
  readonly classicMs: number;
  readonly lightMs: number;
  /** By how much the server grew meanwhile, in bytes; undefined where that is not known. */
  readonly growth: number | undefined;
  /** What is wrong with that; empty where nothing is. */
  readonly complaints: readonly string[];
}

/** A case, and what gives its outcome. */
export interface Suffering {
  readonly hostile: HostileCase;
  readonly outcome: () => Promise<Outcome>;
}

/** A neighbour's operation that takes longer than this is hurt, also on a machine that is busy with the attack itself. */
const NEIGHBOUR_MS = 10_000;
const MIB = 1024 * 1024;
/** The server's bounds allow it more; one attack must not come near that. */
const MOST_GROWTH = 384 * MIB;
/** Nor must what is left of all of them: mostly memory that the process has had once and keeps for later. */
export const MOST_LEFT = 512 * MIB;
/** So many classic neighbours take turns, for none of them is sent many connection requests a second. */
const CLASSIC = 3;
/** Between two operations of a neighbour. */
const PAUSE_MS = 20;

/** A running server with some well-behaved devices, for whoever wants to attack it. */
export class Arena implements AsyncDisposable {
  readonly target: Target;
  readonly #before: number | undefined;
  readonly #classic: Neighbour;
  readonly #light: Neighbour;
  readonly #opened: AsyncDisposableStack;

  private constructor(
    target: Target,
    [classic, light]: readonly [Neighbour, Neighbour],
    opened: AsyncDisposableStack,
  ) {
    this.target = target;
    this.#before = residentBytes(target.server.supervisor.pid);
    this.#classic = classic;
    this.#light = light;
    this.#opened = opened;
  }

  static async open(): Promise<Arena> {
    await using opening = new AsyncDisposableStack();
    const target = opening.use(await openTarget());
    const classic = opening.use(await classicNeighbours(target, CLASSIC));
    const light = opening.use(await lightNeighbour(target));
    return new Arena(target, [classic, light], opening.move());
  }

  /** By how much the server has grown since the arena was opened, in bytes; undefined where the system does not tell. */
  get growth(): number | undefined {
    const now = residentBytes(this.target.server.supervisor.pid);
    return now === undefined || this.#before === undefined ? undefined : now - this.#before;
  }

  /** Begins the lasting ones at once; they come last, and each of the others is done when its outcome is asked for. */
  begin(cases: readonly HostileCase[]): readonly Suffering[] {
    const lasting = cases
      .filter((hostile) => hostile.lasting === true)
      .map((hostile) => {
        const suffered = this.suffer(hostile);
        suffered.catch(() => undefined);
        return { hostile, outcome: () => suffered };
      });
    const others = cases
      .filter((hostile) => hostile.lasting !== true)
      .map((hostile) => ({ hostile, outcome: () => this.suffer(hostile) }));
    return [...others, ...lasting];
  }

  /** Has one case done, while operations of the neighbours are asked for. Rejects where they, or the attack, come to no end. */
  async suffer(hostile: HostileCase): Promise<Outcome> {
    using memory = new MemoryWatch(this.target.server.supervisor.pid);
    await using attacker = new Attacker(this.target);
    const attack = hostile.attack(attacker);
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    attack.then(over, over);
    const [got, classicMs, lightMs] = await Promise.all([
      attack,
      slowest(this.#classic, () => isOver || hostile.lasting === true),
      slowest(this.#light, () => isOver || hostile.lasting === true),
    ]);
    // What a server comes to hold beside a lasting attack is the others' doing.
    const growth = hostile.lasting === true ? undefined : memory.growth;
    const measured = { name: hostile.name, got, classicMs, lightMs, growth };
    return { ...measured, complaints: complaintsOf(hostile, measured) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

/** Of the operations that are asked for until it is over, of which there is one at least. */
async function slowest(neighbour: Neighbour, isOver: () => boolean): Promise<number> {
  let most = 0;
  do {
    most = Math.max(most, await neighbour.operate());
    await setTimeout(PAUSE_MS);
  } while (!isOver());
  return most;
}

function complaintsOf(
  hostile: HostileCase,
  { got, classicMs, lightMs, growth = 0 }: Omit<Outcome, "complaints">,
): readonly string[] {
  const { expected } = hostile;
  const slow = (kind: string, ms: number): readonly string[] =>
    ms > NEIGHBOUR_MS ? [`the ${kind} neighbour's operation took ${Math.round(ms)} ms`] : [];
  return [
    ...(isExpected(hostile, got) ? [] : [`it got ${got}, expected is ${String(expected)}`]),
    ...slow("classic", classicMs),
    ...slow("light", lightMs),
    ...(growth > MOST_GROWTH ? [`the server grew by ${Math.round(growth / MIB)} MiB`] : []),
  ];
}
