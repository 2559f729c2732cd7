/* The viewport of a view: the zoom and the position of the picture on the stage. Sizes and places on the
   stage are CSS pixels. */
import { NO_SIDES, type Sides } from "../shared/side_numbers";

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

// "fit" enlarges a picture of few pixels no more than this
const MAX_FIT_SCALE = 16;
const MAX_SCALE = 40;
// CSS px between a fitted picture and the stage's edge, where strokes can begin outside the picture
const MARGIN = 10;
// CSS px, and the part of the stage, that is free instead where edges are dragged outwards
const ROOM = 34;
const ROOM_PART = 0.12;

export class Camera {
  /** CSS pixels of a picture pixel. */
  scale = 1;
  /** The place of the picture's top left corner. */
  x = 0;
  y = 0;
  /** Whether the whole picture is kept in view. */
  fitted = true;
  readonly picture: Size;
  /** New ground around the picture, in picture pixels: it is fitted with the picture. */
  ground: Readonly<Sides> = NO_SIDES;
  /** Whether there is room around what is fitted, to drag its edges into. */
  roomy = false;
  stage: Size = { width: 0, height: 0 };

  constructor(picture: Size) {
    this.picture = picture;
  }

  get fitScale(): number {
    const { width, height } = this.stage;
    const { left, top, right, bottom } = this.ground;
    const across = (width - 2 * this.#margin(width)) / (left + this.picture.width + right);
    const down = (height - 2 * this.#margin(height)) / (top + this.picture.height + bottom);
    return Math.max(Math.min(across, down, MAX_FIT_SCALE), 1e-3);
  }

  /** The edges of the picture with its new ground. */
  get edges(): Sides {
    const { width, height } = this.picture;
    const { left, top, right, bottom } = this.ground;
    const low = this.toStage({ x: -left, y: -top });
    const high = this.toStage({ x: width + right, y: height + bottom });
    return { left: low.x, top: low.y, right: high.x, bottom: high.y };
  }

  /** Sets the stage's size. */
  resize(stage: Size): void {
    const middle = this.toPicture({ x: this.stage.width / 2, y: this.stage.height / 2 });
    this.stage = stage;
    if (this.fitted) this.fit();
    else this.#moveTo(middle, { x: stage.width / 2, y: stage.height / 2 });
  }

  fit(): void {
    this.fitted = true;
    this.scale = this.fitScale;
    this.#keepInView();
  }

  /** Zooms around a place on the stage, by default its middle: the point there stays there. */
  zoom(scale: number, at?: Point): void {
    const place = at ?? { x: this.stage.width / 2, y: this.stage.height / 2 };
    const fixed = this.toPicture(place);
    const least = Math.min(this.fitScale, 1) / 2;
    this.scale = Math.min(Math.max(scale, least), Math.max(MAX_SCALE, this.fitScale));
    this.#moveTo(fixed, place);
  }

  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.#keepInView();
  }

  /** Pans as little as needed to bring a point of the picture into view. */
  reveal(point: Point): void {
    const at = this.toStage(point);
    const overflow = (place: number, size: number) =>
      Math.max(0, 2 * MARGIN - place) - Math.max(0, place - (size - 2 * MARGIN));
    const dx = overflow(at.x, this.stage.width);
    const dy = overflow(at.y, this.stage.height);
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
  }

  toPicture({ x, y }: Point): Point {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  toStage({ x, y }: Point): Point {
    return { x: x * this.scale + this.x, y: y * this.scale + this.y };
  }

  #moveTo(point: Point, place: Point): void {
    this.x = place.x - point.x * this.scale;
    this.y = place.y - point.y * this.scale;
    this.fitted = false;
    this.#keepInView();
  }

  #margin(length: number): number {
    return this.roomy ? Math.max(ROOM, ROOM_PART * length) : MARGIN;
  }

  /** Centres a picture that is smaller than the stage; limits the gap beside a larger one. New ground
      is part of the picture here. */
  #keepInView(): void {
    const { left, top, right, bottom } = this.ground;
    const inside = (at: number, before: number, picture: number, after: number, stage: number) => {
      const size = (before + picture + after) * this.scale;
      const offset = before * this.scale;
      // a fitted size may be larger by a rounding error
      if (size <= stage - 2 * MARGIN + 1e-6) return (stage - size) / 2 + offset;
      const gap = stage / 4;
      return Math.min(gap, Math.max(stage - size - gap, at - offset)) + offset;
    };
    this.x = inside(this.x, left, this.picture.width, right, this.stage.width);
    this.y = inside(this.y, top, this.picture.height, bottom, this.stage.height);
  }
}
