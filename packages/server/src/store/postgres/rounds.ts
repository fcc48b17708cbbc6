import type { Database } from "../database.ts";
import { Rerun, type Answer } from "./rerun.ts";
import type { Session } from "./session.ts";
import type { Statement } from "./statement.ts";

export type Body<T> = (db: Database) => T;

export interface LanesRun<T> {
  /** What the bodies came to, lane by lane. */
  readonly values: readonly T[];
  /** What is still to be written. */
  readonly left: readonly Statement[];
}

/**
 * Runs the bodies of each lane in their order and the lanes beside each other, over one connection: what all lanes ask at a
 * time is one round trip. `before` goes with the first.
 */
export async function runLanes<T>(
  session: Session,
  lanes: readonly (readonly Body<T>[])[],
  before: readonly Statement[],
): Promise<LanesRun<T>> {
  const running = lanes.map((bodies) => new RunningLane(bodies));
  let ahead = before;
  for (;;) {
    const turns = running.map((lane) => lane.turn());
    const statements = [...ahead, ...turns.flat()];
    if (running.every((lane) => lane.isDone)) {
      return { values: running.flatMap((lane) => lane.values), left: statements };
    }
    const answers = (await session.send(statements)).slice(ahead.length);
    ahead = [];
    handOut(answers, running, turns);
  }
}

/** Runs one body. `before` goes with its first question. */
export async function runAlone<T>(
  session: Session,
  body: Body<T>,
  before: readonly Statement[] = [],
): Promise<T> {
  const rerun = new Rerun(body);
  let ahead = before;
  for (;;) {
    const step = rerun.step();
    const statements = [...ahead, ...step.statements];
    const answers = statements.length === 0 ? [] : await session.send(statements);
    if (step.name === "done") return step.value;
    rerun.answer(answers.slice(ahead.length));
    ahead = [];
  }
}

function handOut<T>(
  answers: readonly Answer[],
  running: readonly RunningLane<T>[],
  turns: readonly (readonly Statement[])[],
): void {
  let next = 0;
  for (const [index, turn] of turns.entries()) {
    running[index]?.answer(answers.slice(next, next + turn.length));
    next += turn.length;
  }
}

class RunningLane<T> {
  readonly values: T[] = [];
  readonly #waiting: Body<T>[];
  #current: { readonly rerun: Rerun<T>; readonly asked: number } | undefined;

  constructor(bodies: readonly Body<T>[]) {
    this.#waiting = [...bodies];
  }

  get isDone(): boolean {
    return this.#current === undefined && this.#waiting.length === 0;
  }

  /** What it asks next; the last of it is the question that it waits for. What ends without one makes way for the next body. */
  turn(): readonly Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      const rerun = this.#current?.rerun ?? this.#begin();
      if (rerun === undefined) return statements;
      const step = rerun.step();
      statements.push(...step.statements);
      if (step.name === "asks") {
        this.#current = { rerun, asked: step.statements.length };
        return statements;
      }
      this.values.push(step.value);
      this.#current = undefined;
    }
  }

  answer(answers: readonly Answer[]): void {
    if (this.#current === undefined) return;
    const { rerun, asked } = this.#current;
    rerun.answer(answers.slice(answers.length - asked));
  }

  #begin(): Rerun<T> | undefined {
    const body = this.#waiting.shift();
    return body === undefined ? undefined : new Rerun(body);
  }
}
