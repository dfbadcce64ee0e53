/**
 * What a search back end is. There are three: an index over a corpus file (`full_text.ts`), an engine on the network
 * (`http.ts`), and the recording of one (`recording.ts`).
 *
 * @module
 */

/** A piece of text that a search can find. */
export interface Passage {
  /** Name of the passage within its corpus; the address of a page of the web. */
  readonly id: string;
  /** Heading; may be empty. */
  readonly title: string;
  /** The text. */
  readonly text: string;
}

/** How to search. */
export interface SearchOptions {
  /** Most passages that are returned. */
  readonly limit: number;
}

/** Searches: the best passage first. Any text is a query; one without words finds nothing. */
export type Search = (query: string, options: SearchOptions) => Promise<Passage[]>;

/** A search that can't be answered; the message is one sentence with query or address and reason. */
export class SearchError extends Error {
  /** Name shown in stack traces. */
  override readonly name = "SearchError";
}
