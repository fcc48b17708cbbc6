import { after, test } from "node:test";
import { storeSuite } from "../ports/store.suite.ts";
import { StorePool } from "./sqlite.fixture.ts";

const stores = new StorePool();
after(() => stores.close());

storeSuite((title, body) => {
  test(`sqlite store: ${title}`, body);
}, stores.open);
