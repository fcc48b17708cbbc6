import type { FileLinks, FileStore, TransferLink, TransferUrls } from "../ports/index.ts";
import { fileUrl } from "../southbound/files/file-url.ts";
import { uploadUrl } from "../southbound/files/upload-url.ts";

export interface UrlSources {
  readonly files: Pick<FileStore, "file">;
  readonly links: FileLinks;
  /** What devices are told, where that is set. */
  readonly publicUrl: string | undefined;
  /** Where this machine is reached; asked for only once it listens. */
  readonly ownUrl: () => string;
}

/** URLs below the ACS as the settings have it, else as the device itself says that it reaches it, else as we listen. */
export function transferUrls({ files, links, publicUrl, ownUrl }: UrlSources): TransferUrls {
  const acsUrlFor = ({ deviceAcsUrl }: TransferLink): string =>
    publicUrl ?? httpUrl(deviceAcsUrl) ?? ownUrl();
  return {
    download(link) {
      const file = files.file(link.file);
      return file && fileUrl(links, { ...link, file, acsUrl: acsUrlFor(link) });
    },
    upload: (link) => uploadUrl(links, { ...link, acsUrl: acsUrlFor(link) }),
  };
}

function httpUrl(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.href : undefined;
}
