import { after, test } from "node:test";
import { storeSuite } from "../ports/store.suite.ts";
import { openPgliteStore } from "./pglite.fixture.ts";
import { StorePool } from "./store-pool.fixture.ts";

const stores = new StorePool(openPgliteStore);
after(() => stores.close());

storeSuite((title, body) => {
  test(`PGlite store: ${title}`, body);
}, stores.open);
