import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { StoreBusyError, StoreFailedError, unreachable } from "../ports/index.ts";
import type { AskedChange } from "./batch.ts";
import { writeDocument, type Document } from "./document.ts";
import { errorOf, openingTrouble } from "./failure.ts";
import type { AnswerOf, AskOf, QueryType } from "./queries.ts";
import type {
  SqliteSettings,
  WorkerAnswer,
  WorkerAsk,
  WorkerReply,
  WorkerSettings,
} from "./sqlite-worker-messages.ts";

type Answer<T extends WorkerAnswer["type"]> = Extract<WorkerAnswer, { readonly type: T }>;

const WORKER = new URL("./sqlite-worker.ts", import.meta.url);

interface Open {
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** The store's end of its worker thread. */
export class SqliteWriter {
  readonly #worker: Worker;
  readonly #maxOpen: number;
  readonly #open = new Map<number, Open>();
  #lastId = 0;
  #broken: StoreFailedError | undefined;

  private constructor(worker: Worker, maxOpen: number) {
    this.#worker = worker;
    this.#maxOpen = maxOpen;
    worker.on("message", (reply: WorkerReply) => {
      this.#settle(reply);
    });
    worker.on("error", (error) => {
      this.#break(new StoreFailedError("the store's thread broke", { cause: error }));
    });
    worker.on("exit", () => {
      this.#break(new StoreFailedError("the store's thread has ended"));
    });
  }

  /** Resolves once the schema is up to date; then at most `maxOpen` questions may be open at once. */
  static async start(
    settings: WorkerSettings,
    { maxOpen, entry = WORKER }: { readonly maxOpen: number; readonly entry?: URL },
  ): Promise<SqliteWriter> {
    const worker = new Worker(entry);
    worker.postMessage(settings);
    try {
      await once(worker, "message");
    } catch (error) {
      throw new StoreFailedError(`cannot open the store at ${settings.path}: ${openingTrouble(error)}`, {
        cause: error,
      });
    }
    return new SqliteWriter(worker, maxOpen);
  }

  commit(changes: readonly AskedChange[]): Promise<Answer<"committed">> {
    return this.#ask("committed", (id) => ({ id, type: "commit", changes }));
  }

  /** Gives the answer as the text it crossed the thread in. */
  async query<T extends QueryType>(type: T, ask: AskOf<T>): Promise<Document<AnswerOf<T>>> {
    const query = { type, ask: writeDocument(ask) };
    const { answer } = await this.#ask("answered", (id) => ({ id, type: "query", query }));
    return answer;
  }

  async settings(): Promise<SqliteSettings> {
    const { settings } = await this.#ask("settings", (id) => ({ id, type: "settings" }));
    return settings;
  }

  /** A thread that broke is closed already. */
  async close(): Promise<void> {
    if (this.#broken !== undefined) return;
    const exit = once(this.#worker, "exit");
    await this.#ask("closed", (id) => ({ id, type: "close" }));
    await exit;
  }

  async #ask<T extends WorkerAnswer["type"]>(type: T, ask: (id: number) => WorkerAsk): Promise<Answer<T>> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#open.size >= this.#maxOpen) throw new StoreBusyError(`${this.#maxOpen} questions wait already`);
    this.#lastId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<WorkerAnswer>();
    this.#open.set(this.#lastId, { resolve, reject });
    this.#worker.postMessage(ask(this.#lastId));
    const answer = await promise;
    if (!isOf(answer, type))
      throw new StoreFailedError(`the store's thread answered ${answer.type}, not ${type}`);
    return answer;
  }

  #settle(reply: WorkerReply): void {
    switch (reply.type) {
      case "ready":
        return;
      case "reply":
        this.#open.get(reply.id)?.resolve(reply.answer);
        this.#open.delete(reply.id);
        return;
      case "failure":
        this.#open.get(reply.id)?.reject(errorOf(reply.failure));
        this.#open.delete(reply.id);
        return;
      default:
        unreachable(reply);
    }
  }

  #break(error: StoreFailedError): void {
    this.#broken ??= error;
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}

function isOf<T extends WorkerAnswer["type"]>(answer: WorkerAnswer, type: T): answer is Answer<T> {
  return answer.type === type;
}
