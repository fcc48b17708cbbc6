import { spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import type { Readable } from "node:stream";
import { freePort, tempDir } from "@heliograph/testkit";
import type { TempDir } from "@heliograph/testkit";
import { within } from "../deadline.ts";

/** Also where it is installed, which is not everybody's PATH. */
const ENV = { ...process.env, PATH: [process.env["PATH"], "/usr/sbin", "/usr/local/sbin"].join(delimiter) };

/** Undefined where nginx can be run; else why not. */
export function whyNoNginx(): string | undefined {
  return spawnSync("nginx", ["-v"], { env: ENV }).status === 0 ? undefined : "needs nginx on PATH";
}

/** How an operator sets it up. */
export interface NginxSetup {
  /** Directives of the server. */
  readonly server?: string;
  /** Where devices find the ACS; it is at `/` itself. */
  readonly path?: string;
  /** Directives of that location. */
  readonly location?: string;
  /** What it says of where a request came from: what it was told itself, and the address that told it. */
  readonly forwardedFor?: string;
}

/** nginx in front of an ACS, in a folder of its own and in the foreground; stopped with its workers. */
export class Nginx implements AsyncDisposable {
  /** The ACS URL that devices have. */
  readonly url: string;
  readonly #process: ChildProcessByStdio<null, null, Readable>;
  readonly #folder: TempDir;

  private constructor(url: string, process: ChildProcessByStdio<null, null, Readable>, folder: TempDir) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  static async before(acsUrl: string, setup: NginxSetup = {}): Promise<Nginx> {
    const { server = "", path = "/", location = "" } = setup;
    const { forwardedFor = "$proxy_add_x_forwarded_for" } = setup;
    const port = await freePort();
    const lines = [
      "master_process off;",
      "events {}",
      "http {",
      `upstream acs { server ${new URL(acsUrl).host}; keepalive 1; }`,
      `server { listen 127.0.0.1:${port}; ${server}`,
      `location ${path} { proxy_pass http://acs/;`,
      `proxy_set_header X-Forwarded-For "${forwardedFor}"; ${location} }`,
      "} }",
    ];
    return Nginx.configured(`http://127.0.0.1:${port}${path}`, lines.join("\n"));
  }

  /** With a whole configuration, in which the ACS URL is this one. */
  static async configured(url: string, configuration: string): Promise<Nginx> {
    const folder = tempDir();
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder.file(name)};`,
    );
    const lines = [
      `daemon off; user root; error_log stderr notice; pid ${folder.file("pid")};`,
      configuration.replace("http {", `http { access_log off; ${temporary.join(" ")}`),
    ];
    writeFileSync(folder.file("nginx.conf"), lines.join("\n"));
    const args = ["-e", "stderr", "-p", folder.path, "-c", folder.file("nginx.conf")];
    const nginx = spawn("nginx", args, { env: ENV, stdio: ["ignore", "ignore", "pipe"] });
    await within(listening(nginx.stderr), "nginx to listen");
    // What it writes is of no interest, but must not fill the pipe.
    nginx.stderr.resume();
    return new Nginx(url, nginx, folder);
  }

  /** Reads its configuration again: new workers take what comes, those before end. */
  reload(): void {
    this.#process.kill("SIGHUP");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#process, "close");
    this.#process.kill("SIGTERM");
    await within(closed, "nginx to end");
    this.#folder[Symbol.dispose]();
  }
}

/** It names its version once its sockets listen. */
async function listening(said: Readable): Promise<void> {
  let text = "";
  for await (const chunk of said.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes(" nginx/")) return;
  }
  throw new Error(`nginx ended: ${text}`);
}
