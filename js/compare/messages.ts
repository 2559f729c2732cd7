/* The messages between the kernel and a comparison; the Python side of it is
   lumen_widgets/widgets/compare/messages.py, and a test holds the names alike. */

/** The frame in which all pictures lie, in pixels of the finest of them. */
export interface FrameSize {
  width: number;
  height: number;
}

/** Where a picture lies in the frame. */
export interface FramePlace {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** One picture, with its name; what it is called is shown in no blind test before its end. */
export interface ComparedPicture {
  sha256: string;
  width: number;
  height: number;
  /** Of its file. */
  bytes: number;
  /** What it was called, or what tells it from the others. */
  name: string;
  /** What it is to one of the others. */
  relation: "" | "before" | "after" | "raw" | "exact";
  alt: string;
  place: FramePlace;
}

/** One picture of a blind test, before its end: nothing that is a name. */
export interface BlindPicture {
  sha256: string;
  width: number;
  height: number;
  /** Of its file. */
  bytes: number;
  place: FramePlace;
}

/** Two pictures of a blind test, by their numbers in it. */
export interface BlindPair {
  left: number;
  right: number;
}

/** All that is to be voted on, in an order that is not that of the user. */
export interface BlindTest {
  id: string;
  pictures: BlindPicture[];
  pairs: BlindPair[];
}

/** The vote on a pair. */
export interface BlindVote {
  /** Its number in the test. */
  pair: number;
  /** How often a vote on it had been taken back before. */
  attempt: number;
  outcome: "left" | "right" | "tie";
}

/** A pair whose vote was taken back. */
export interface UndonePair {
  pair: number;
  times: number;
}

/** The votes that count, oldest first. */
export interface BlindBallot {
  votes: BlindVote[];
  undone: UndonePair[];
}

/** A picture's place in the ranking, with its name. */
export interface RankedPicture {
  sha256: string;
  name: string;
  relation: "" | "before" | "after" | "raw" | "exact";
  alt: string;
  /** Its place among those that were given, from 0. */
  number: number;
  /** From 1; pictures of one score share the place. */
  place: number;
  /** 0 to 1. */
  score: number;
  /** The standard error of that. */
  error: number;
  votes: number;
  /** 0.5 to 1: how sure it is above the next one; null for the last. */
  above_next: number | null;
}

/** The ranking of a blind test that has ended. */
export interface BlindRanking {
  method: "bradley-terry" | "wins";
  votes: number;
  places: RankedPicture[];
}

/** Browser → kernel: a vote; it is answered by the ballot. */
export interface VoteMessage {
  kind: "vote";
  pair: number;
  attempt: number;
  outcome: "left" | "right" | "tie";
}

/** Browser → kernel: take a vote back; it is answered by the ballot. */
export interface UnvoteMessage {
  kind: "unvote";
  pair: number;
  attempt: number;
}

/** Browser → kernel: rank the pictures, or go on with the test. */
export interface EndMessage {
  kind: "end";
  ended: boolean;
}

/** Browser → kernel: by how much do two pictures differ. */
export interface DifferMessage {
  kind: "differ";
  request: string;
  /** Places among the pictures, from 0. */
  left: number;
  right: number;
}

/** Kernel → browser: by how much two pictures differ. */
export interface DifferenceMessage {
  kind: "difference";
  request: string;
  /** Of the pixels that both cover, those that differ by more than 8 of 255. */
  share: number;
  /** Difference of a channel, of 255. */
  largest: number;
  /** Whether every pixel of both files was looked at. */
  exact: boolean;
  /** In which all those pixels lie. */
  box: FramePlace | null;
}

/** Kernel → browser: a request could not be carried out, and why. */
export interface ErrorMessage {
  kind: "error";
  request: string;
  message: string;
  next_step: string;
}

export type KernelMessage = DifferenceMessage | ErrorMessage;

/** What a page asks for, which is answered. */
export type CompareRequest = DifferMessage;

export type Mode = "slider" | "side" | "flick" | "difference";

/** The traits of a comparison; the first three are written by pages too. */
export interface CompareModel {
  /** How the pictures are shown. */
  mode: Mode;
  /** Which picture is on the left of the slider, and which on its right: places from 0. */
  left: number;
  right: number;
  /** The language that the comparison speaks: "", "en" or "zh"; empty is the browser's own. */
  language: string;
  /** Whether it is a blind test. */
  _blind: boolean;
  _compared: ComparedPicture[];
  _frame: FrameSize;
  /** Of a blind test: all that is to be voted on, the votes, and once it has ended the ranking. */
  _test: BlindTest | null;
  _ballot: BlindBallot;
  _ranking: BlindRanking | null;
  /** What the static form under the widget is marked with; random. */
  _static_id: string;
}
