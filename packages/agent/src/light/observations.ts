import { positionalAnswer } from "@heliograph/protocol";
import type {
  LightParams,
  ObservationParams,
  ObservationRequest,
  ObservationResult,
} from "@heliograph/protocol";
import type { DataModel } from "../data-model.ts";
import { dateTimeOf } from "../device-clock.ts";
import type { DeviceClock, DeviceTimer } from "../device-clock.ts";
import { answered, faulted } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";

export interface ObservationsOptions {
  readonly model: DataModel;
  readonly clock: DeviceClock;
}

/** Says what is observed, over the connection by which that was asked. */
export type SayObserved = (observed: LightParams<"Publish">) => void;

interface View {
  readonly paths: readonly string[];
  readonly intervalMs: number | undefined;
  readonly onChange: boolean;
  readonly say: SayObserved;
  timer?: DeviceTimer;
  /** Changes that are told together, and soon. */
  settling?: DeviceTimer;
}

const CHANNEL = "private/monitor";
const MOST_VIEWS = 8;
const MOST_PATHS = 1024;
/** What changes without a pause is told so often. */
const SETTLING_MS = 200;

/** Tells values while somebody watches, over one connection: what was asked over an earlier one is over [LIGHT 6]. */
export class Observations {
  readonly #options: ObservationsOptions;
  readonly #views = new Map<string, View>();

  constructor(options: ObservationsOptions) {
    this.#options = options;
    options.model.onChange(({ path }) => this.#changed(path));
  }

  /** What is observed is told by `say`, after this returned. */
  serve({ method, params }: ObservationRequest, say: SayObserved): Outcome<ObservationResult> {
    if (method === "Observe") return this.#observe(params, say);
    this.#end(params.View);
    return answered({});
  }

  /** The connection is no more, and nobody watches. */
  lost(): void {
    for (const name of [...this.#views.keys()]) this.#end(name);
  }

  #observe(params: ObservationParams<"Observe">, say: SayObserved): Outcome<ObservationResult> {
    const { View: name, Interval, OnChange = false } = params;
    if (Interval === undefined && !OnChange) return faulted(9003, "Interval or OnChange is needed");
    this.#end(name);
    if (this.#views.size >= MOST_VIEWS) return faulted(9004, `${MOST_VIEWS} views are observed`);
    // What is not there is left out: who watches much is not to lose it all by that.
    const paths = [...new Set(params.Paths.flatMap((path) => this.#matching(path)))];
    if (paths.length > MOST_PATHS) return faulted(9004, `more than ${MOST_PATHS} values are observed`);
    const intervalMs = Interval === undefined ? undefined : Math.max(1, Interval) * 1000;
    const view: View = { paths, intervalMs, onChange: OnChange, say };
    this.#views.set(name, view);
    queueMicrotask(() => this.#begin(name, view));
    return answered({ Paths: paths });
  }

  #matching(path: string): readonly string[] {
    const { model } = this.#options;
    return model.matching(path === "" ? model.root : path);
  }

  #begin(name: string, view: View): void {
    if (this.#views.get(name) !== view) return;
    this.#say(name, view);
    this.#wait(name, view);
  }

  #wait(name: string, view: View): void {
    if (view.intervalMs === undefined) return;
    view.timer = this.#options.clock.after(view.intervalMs, () => {
      this.#say(name, view);
      this.#wait(name, view);
    });
  }

  #changed(path: string): void {
    for (const [name, view] of this.#views) {
      if (!view.onChange || view.settling !== undefined || !view.paths.includes(path)) continue;
      view.settling = this.#options.clock.after(SETTLING_MS, () => {
        delete view.settling;
        this.#say(name, view);
      });
    }
  }

  #say(name: string, { paths, say }: View): void {
    const { model, clock } = this.#options;
    const there = paths.filter((path) => model.get(path) !== undefined);
    const values = model.values(there).result ?? {};
    const { Values } = positionalAnswer(paths, values);
    say({ Channel: CHANNEL, View: name, Time: dateTimeOf(clock.now()), Values });
  }

  #end(name: string): void {
    const view = this.#views.get(name);
    view?.timer?.cancel();
    view?.settling?.cancel();
    this.#views.delete(name);
  }
}
