import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { certificateFiles } from "./certificates.ts";
import { Nginx } from "./quirks/proxy-nginx.ts";

const GUIDE = new URL("../../../docs/guides/behind-a-proxy.md", import.meta.url);

export interface GuideSetup {
  /** Where devices reach nginx. */
  readonly port: number;
  /** Where nginx reaches the ACS. */
  readonly acsPort: number;
  /** How long a WebSocket may be silent, and how long a worker that was told to end may take, in seconds. */
  readonly silence?: number;
  readonly shutdown?: number;
}

/** nginx with the configuration of the guide, in which nothing is changed but ports, paths and times. */
export function nginxOfGuide({ port, acsPort, silence = 75, shutdown = 60 }: GuideSetup): Promise<Nginx> {
  const [, written] = /```nginx\n(.*?)```/s.exec(readFileSync(GUIDE, "utf8")) ?? [];
  assert.ok(written !== undefined, "the guide has no configuration of nginx");
  const { cert, key } = certificateFiles("acs");
  const changes: readonly (readonly [from: string, to: string])[] = [
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["/etc/nginx/acs.example.cert.pem", cert],
    ["/etc/nginx/acs.example.key.pem", key],
    ["127.0.0.1:7547", `127.0.0.1:${acsPort}`],
    ["proxy_read_timeout 75s;", `proxy_read_timeout ${silence}s;`],
    ["worker_shutdown_timeout 60s;", `worker_shutdown_timeout ${shutdown}s;`],
    // More than a test may have open.
    ["worker_rlimit_nofile 200000;", ""],
    ["worker_connections 50000;", "worker_connections 500;"],
  ];
  const configuration = changes.reduce((text, [from, to]) => {
    assert.equal(text.split(from).length, 2, `the guide says once: ${from}`);
    return text.replace(from, to);
  }, written);
  return Nginx.configured(`https://127.0.0.1:${port}/`, configuration);
}
