/* How a picture lies on the stage of a large view: its scale, and the place of its top left corner. In CSS
   pixels of the stage, and pixels of the picture. */

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Of one press of a zoom key. */
export const STEP = 1.25;
/** Zoom factor (as an exponent) of a pixel of wheel movement. */
export const WHEEL = 0.0015;
/** CSS pixels of a picture pixel, at most; a small picture may be enlarged further than that by its fit. */
const MAX_SCALE = 16;

export class Zoom {
  /** CSS pixels of a picture pixel. */
  scale = 1;
  x = 0;
  y = 0;
  /** Whether the whole picture is kept in view, whatever becomes of the stage. */
  fitted = true;
  #picture: Size = { width: 1, height: 1 };
  #stage: Size = { width: 1, height: 1 };

  /** The scale at which the whole picture is in view; a small one is not enlarged. */
  get fit(): number {
    const across = this.#stage.width / this.#picture.width;
    const down = this.#stage.height / this.#picture.height;
    return Math.max(Math.min(across, down, 1), 1e-3);
  }

  /** Begins with another picture, whole. */
  begin(picture: Size): void {
    this.#picture = { width: Math.max(picture.width, 1), height: Math.max(picture.height, 1) };
    this.fitted = true;
    this.#settle();
  }

  resize(stage: Size): void {
    this.#stage = stage;
    this.#settle();
  }

  fitAll(): void {
    this.fitted = true;
    this.#settle();
  }

  /** Zooms to a scale; what is at `about` stays there, in the middle if nothing is said. */
  to(scale: number, about: Point = this.#middle): void {
    const { fit } = this;
    const next = Math.min(Math.max(scale, fit), Math.max(MAX_SCALE, fit));
    const [across, down] = [(about.x - this.x) / this.scale, (about.y - this.y) / this.scale];
    this.fitted = next <= fit;
    this.scale = next;
    this.x = about.x - across * next;
    this.y = about.y - down * next;
    this.#settle();
  }

  pan(across: number, down: number): void {
    this.x += across;
    this.y += down;
    this.#settle();
  }

  get #middle(): Point {
    return { x: this.#stage.width / 2, y: this.#stage.height / 2 };
  }

  /** Keeps the picture in view: centred where there is room, else without a gap at an edge. */
  #settle(): void {
    if (this.fitted) this.scale = this.fit;
    this.x = inside(this.x, this.#picture.width * this.scale, this.#stage.width);
    this.y = inside(this.y, this.#picture.height * this.scale, this.#stage.height);
  }
}

function inside(at: number, length: number, room: number): number {
  if (length <= room) return (room - length) / 2;
  return Math.min(Math.max(at, room - length), 0);
}
