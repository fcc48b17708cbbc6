import type { Database, Values } from "../database.ts";
import type { Row } from "../row.ts";
import type { Statement } from "./statement.ts";

/** What one statement came to. */
export interface Answer {
  readonly rows: readonly Row[];
  /** How many rows it changed or gave. */
  readonly count: number;
}

/** How far it got: `asks` until the statements are answered, `done` once nothing but writing is left. */
export type Step<T> =
  | { readonly name: "asks"; readonly statements: readonly Statement[] }
  | { readonly name: "done"; readonly statements: readonly Statement[]; readonly value: T };

/**
 * Runs what is written for a database that answers at once on one that does not. At a question without an answer it is
 * stopped, and begun again once there is one: all that it asked before is then answered from notes, so that it comes to the
 * same place. What nobody waits for goes along with the next question.
 */
export class Rerun<T> {
  readonly #body: (db: Database) => T;
  readonly #notes = new Notes();

  constructor(body: (db: Database) => T) {
    this.#body = body;
  }

  /** Throws what the body throws. */
  step(): Step<T> {
    this.#notes.rewind();
    try {
      const value = this.#body(this.#notes);
      return { name: "done", statements: this.#notes.unanswered, value };
    } catch (error) {
      if (!(error instanceof UnansweredError)) throw error;
      return { name: "asks", statements: this.#notes.unanswered };
    }
  }

  /** What the statements of the last step came to, in their order. */
  answer(answers: readonly Answer[]): void {
    this.#notes.answer(answers);
  }
}

class Notes implements Database {
  readonly #asked: Statement[] = [];
  readonly #answers: Answer[] = [];
  #position = 0;

  get unanswered(): readonly Statement[] {
    return this.#asked.slice(this.#answers.length);
  }

  rewind(): void {
    this.#position = 0;
  }

  answer(answers: readonly Answer[]): void {
    this.#answers.push(...answers);
  }

  run(sql: string, values: Values = {}): number {
    return this.#answerTo(sql, values).count;
  }

  write(sql: string, values: Values = {}): void {
    this.#note(sql, values);
  }

  get(sql: string, values: Values = {}): Row | undefined {
    return this.#answerTo(sql, values).rows[0];
  }

  all(sql: string, values: Values = {}): readonly Row[] {
    return this.#answerTo(sql, values).rows;
  }

  #answerTo(sql: string, values: Values): Answer {
    const answer = this.#answers[this.#note(sql, values)];
    if (answer === undefined) throw new UnansweredError();
    return answer;
  }

  #note(sql: string, values: Values): number {
    const position = this.#position;
    this.#position += 1;
    const asked = this.#asked[position];
    if (asked === undefined) this.#asked.push({ sql, values });
    else if (asked.sql !== sql) throw new Error(`begun again, "${asked.sql}" has become "${sql}"`);
    return position;
  }
}

/** Stops what cannot go on before its question is answered. */
class UnansweredError extends Error {
  override readonly name = "UnansweredError";
}
