// `npm run asyncapi`: writes the document of the bus from the types of its messages. `npm run check -- asyncapi` compares it.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ASYNCAPI, asyncApiText } from "./check/asyncapi.ts";
import { ROOT } from "./check/sources.ts";

await writeFile(resolve(ROOT, ASYNCAPI), await asyncApiText());
console.log(`${ASYNCAPI} is written`);
