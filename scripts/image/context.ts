/** Whether a file of the context is sent to whoever builds the image; the last pattern that it matches decides. */
export type IsSent = (path: string) => boolean;

/** Reads what stands in a `.dockerignore`. */
export function readIgnore(text: string): IsSent {
  const patterns = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ isKept: line.startsWith("!"), pattern: patternOf(line.replace(/^!/, "")) }));
  return (path) => {
    const names = [path, ...foldersOf(path)];
    const lastly = patterns.findLast(({ pattern }) => names.some((name) => pattern.test(name)));
    return lastly?.isKept ?? true;
  };
}

/** `*` is a name or a part of one, those that begin with a dot among them; with a second one it is any number of folders. */
function patternOf(glob: string): RegExp {
  const parts = glob.split(/([*][*][/]?|[*]|[?])/).map((part) => {
    if (part.startsWith("**")) return "(?:.*/)?";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`);
}

/** Those that it stands in: what is said of a folder goes for all in it. */
function foldersOf(path: string): readonly string[] {
  const names = path.split("/");
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join("/"));
}
