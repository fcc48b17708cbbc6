import { openApiDocument, routes } from "@heliograph/api";
import { asError } from "../ports/index.ts";
import { deadline } from "./deadline.ts";
import { frontPage } from "./front-page.ts";
import { refuseFor } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";

/** For the store to answer that it can be read. */
const READY_MS = 2_000;

/** What is there for anybody: a page for people, the contract for programs, health for whoever runs the ACS. */
export function serviceHandlers({ store, clock, log }: NorthboundPorts, version: string) {
  const document = openApiDocument(version);
  const page = frontPage(version);

  async function isStoreReadable(): Promise<boolean> {
    using over = deadline(clock, READY_MS, new AbortController().signal);
    return await Promise.race([
      over.passed.then(() => false),
      store.lastEventId().then(
        () => true,
        (error: unknown) => {
          log.warn("the store cannot be read", { error: asError(error) });
          return false;
        },
      ),
    ]);
  }

  return {
    getFrontPage: serve(routes.getFrontPage, async () =>
      give(200, page, { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'" }),
    ),
    getOpenApi: serve(routes.getOpenApi, async () => give(200, document)),
    getLiveness: serve(routes.getLiveness, async () => give(200, { status: "alive" })),
    getReadiness: serve(routes.getReadiness, async () => {
      const { refusal } = store;
      // What can be read is served all the same: nobody else would do better.
      if (await isStoreReadable())
        return give(200, { status: "ready", ...(refusal && { trouble: refusal }) });
      return refuseFor("not-ready", "the store cannot be read now: ask again", READY_MS);
    }),
  };
}
