/* What the views of one comparison share. */
import type { Connection } from "../shared/connection";
import type { PictureCopies } from "../shared/picture_copies";
import type { Requests } from "../shared/requests";
import type { Ballot } from "./ballot";
import type { CompareRequest, DifferenceMessage, ErrorMessage, KernelMessage } from "./messages";

export interface CompareState {
  connection: Connection;
  requests: Requests<CompareRequest, KernelMessage>;
  copies: PictureCopies;
  /** By the places of two pictures: by how much they differ, null while that is being counted. */
  differences: Map<string, DifferenceMessage | ErrorMessage | null>;
  /** The votes of a blind test. */
  ballot: Ballot;
}
