import { within } from "./deadline.ts";
import { ServerHost } from "./server-host.ts";

/** Hosts that stand by, so that nobody waits for a process to start. */
export class ServerHosts implements AsyncDisposable {
  readonly #under: readonly string[];
  readonly #all = new Set<ServerHost>();
  readonly #standingBy: Promise<ServerHost>[] = [];

  /** `under` is a command that each host is started under, such as a tracer, with its arguments. */
  constructor(under: readonly string[] = []) {
    this.#under = under;
    this.#standingBy.push(this.#launch());
  }

  /** One that stands by; another takes its place. */
  async take(): Promise<ServerHost> {
    const host = this.#standingBy.shift() ?? this.#launch();
    if (this.#standingBy.length === 0) this.#standingBy.push(this.#launch());
    return host;
  }

  /** Takes back one whose server has stopped. */
  giveBack(host: ServerHost): void {
    this.#standingBy.unshift(Promise.resolve(host));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#all) host.kill();
    const endings = Promise.all([...this.#all].map((host) => host.ended));
    await within(endings, "all hosts to end when they are killed");
  }

  #launch(): Promise<ServerHost> {
    const host = new ServerHost(this.#under);
    this.#all.add(host);
    void host.ended.then(() => this.#all.delete(host));
    const launched = within(host.standingBy(), "a host to stand by").then(() => host);
    launched.catch(() => undefined);
    return launched;
  }
}
