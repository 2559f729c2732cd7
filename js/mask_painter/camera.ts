/* Where a view looks: how large a picture pixel is on the screen, and where the picture's corner is.
   Sizes and places on the screen are CSS pixels of the stage. */

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

// a picture of few pixels is not blown up beyond this by itself
const LARGEST_FIT = 16;
const LARGEST = 40;
// CSS px between a picture that fits and the stage's edge, from where strokes can come in
const MARGIN = 10;

export class Camera {
  /** CSS pixels of a picture pixel. */
  scale = 1;
  /** Where the picture's top left corner is. */
  x = 0;
  y = 0;
  /** Whether the whole picture is kept in view. */
  fitted = true;
  readonly picture: Size;
  stage: Size = { width: 0, height: 0 };

  constructor(picture: Size) {
    this.picture = picture;
  }

  get fitScale(): number {
    const across = (this.stage.width - 2 * MARGIN) / this.picture.width;
    const down = (this.stage.height - 2 * MARGIN) / this.picture.height;
    return Math.max(Math.min(across, down, LARGEST_FIT), 1e-3);
  }

  /** Takes note of the stage's size. */
  resize(stage: Size): void {
    const middle = this.toPicture({ x: this.stage.width / 2, y: this.stage.height / 2 });
    this.stage = stage;
    if (this.fitted) this.fit();
    else this.#show(middle, { x: stage.width / 2, y: stage.height / 2 });
  }

  fit(): void {
    this.fitted = true;
    this.scale = this.fitScale;
    this.#keepInView();
  }

  /** Zooms, what is at a place staying there; by default that is the middle. */
  zoom(scale: number, at?: Point): void {
    const place = at ?? { x: this.stage.width / 2, y: this.stage.height / 2 };
    const held = this.toPicture(place);
    const least = Math.min(this.fitScale, 1) / 2;
    this.scale = Math.min(Math.max(scale, least), Math.max(LARGEST, this.fitScale));
    this.#show(held, place);
  }

  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.#keepInView();
  }

  /** Moves as little as it takes to have a point of the picture in view. */
  reveal(point: Point): void {
    const at = this.toStage(point);
    const miss = (place: number, size: number) =>
      Math.max(0, 2 * MARGIN - place) - Math.max(0, place - (size - 2 * MARGIN));
    const dx = miss(at.x, this.stage.width);
    const dy = miss(at.y, this.stage.height);
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
  }

  toPicture({ x, y }: Point): Point {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  toStage({ x, y }: Point): Point {
    return { x: x * this.scale + this.x, y: y * this.scale + this.y };
  }

  #show(point: Point, place: Point): void {
    this.x = place.x - point.x * this.scale;
    this.y = place.y - point.y * this.scale;
    this.fitted = false;
    this.#keepInView();
  }

  /** A picture that is smaller than the stage is in its middle; a larger one leaves no wide gap. */
  #keepInView(): void {
    const inside = (at: number, picture: number, stage: number) => {
      const size = picture * this.scale;
      if (size <= stage - 2 * MARGIN) return (stage - size) / 2;
      const gap = stage / 4;
      return Math.min(gap, Math.max(stage - size - gap, at));
    };
    this.x = inside(this.x, this.picture.width, this.stage.width);
    this.y = inside(this.y, this.picture.height, this.stage.height);
  }
}
