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

/** A statement and what it came to, once that is known; or what is asked apart, each with notes of its own. */
type Note =
  | { readonly statement: Statement; answer: Answer | undefined }
  | { readonly statement?: undefined; readonly parts: readonly Notes[] };

class Notes implements Database {
  readonly #notes: Note[] = [];
  #position = 0;

  get unanswered(): readonly Statement[] {
    return this.#notes.flatMap((note) => {
      if (note.statement === undefined) return note.parts.flatMap((part) => part.unanswered);
      return note.answer === undefined ? [note.statement] : [];
    });
  }

  rewind(): void {
    this.#position = 0;
  }

  answer(answers: readonly Answer[]): void {
    this.#take(answers.values());
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

  /** Each comes as far as it can before all are stopped. */
  apart<I, T>(items: readonly I[], body: (db: Database, item: I) => T): readonly T[] {
    const made: T[] = [];
    for (const [index, part] of this.#parts(items.length).entries()) {
      const item = items[index];
      part.rewind();
      try {
        if (item !== undefined) made.push(body(part, item));
      } catch (error) {
        if (!(error instanceof UnansweredError)) throw error;
      }
    }
    if (made.length < items.length) throw new UnansweredError();
    return made;
  }

  #take(answers: Iterator<Answer>): void {
    for (const note of this.#notes) {
      if (note.statement === undefined) for (const part of note.parts) part.#take(answers);
      else note.answer ??= answers.next().value;
    }
  }

  #answerTo(sql: string, values: Values): Answer {
    const { answer } = this.#note(sql, values);
    if (answer === undefined) throw new UnansweredError();
    return answer;
  }

  #note(sql: string, values: Values): Extract<Note, { readonly statement: Statement }> {
    const noted = this.#next();
    if (noted === undefined) {
      const note = { statement: { sql, values }, answer: undefined };
      this.#notes.push(note);
      return note;
    }
    if (noted.statement !== undefined && noted.statement.sql === sql) return noted;
    throw new Error(`begun again, "${noted.statement?.sql ?? "what was asked apart"}" has become "${sql}"`);
  }

  #parts(count: number): readonly Notes[] {
    const noted = this.#next();
    if (noted === undefined) {
      const parts = Array.from({ length: count }, () => new Notes());
      this.#notes.push({ parts });
      return parts;
    }
    if (noted.statement === undefined && noted.parts.length === count) return noted.parts;
    throw new Error("begun again, it asks for others apart");
  }

  #next(): Note | undefined {
    const noted = this.#notes[this.#position];
    this.#position += 1;
    return noted;
  }
}

/** Stops what cannot go on before its question is answered. */
class UnansweredError extends Error {
  override readonly name = "UnansweredError";
}
