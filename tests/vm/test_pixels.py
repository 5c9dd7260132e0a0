"""Guests' pictures come to the monitors pixel by pixel, marked as whose they are, copied once."""

import desk as desks
import pictures

NEEDS = ("vitrined", "vitrine-broker")
STRIP = 24
FRAME = 8
BYTES_PER_PIXEL = 4
FAST = 15
FRAMES_SHOWN = "guest.work.frames_shown"
FRAMES_COMPOSED = "output.Virtual-1.frames"


def setup(vm):
    return desks.get(vm)


def teardown(desk):
    desk.draw("-r 5")


def assert_shown(desk, name, frames):
    """Both monitors show exactly what the guest must have drawn as these frames."""
    shown = desk.shown()
    for output, (guest, head, rect) in shown.items():
        assert guest == name, f"{output} shows {guest}, not {name}"
        assert rect[2:] == desks.HEAD_SIZES[head], f"head {head} is shown at {rect}"
        wanted = (desk.nonce_of(name) & 0xFFFFFF, head, frames[head])
        desk.vm.wait(lambda: desk.stamp(output) == wanted, 20,
                     f"{output} shows {desk.stamp(output)}, not {wanted}")
        picture = pictures.expected(*desks.HEAD_SIZES[head], desk.nonce_of(name), head, frames[head])
        difference = desk.guest_picture(output).difference(picture)
        assert not difference, f"{output}, {name} head {head} frame {frames[head]}: {difference}"
    assert len(shown) == len(desks.OUTPUTS), f"only {sorted(shown)} show anything"


def check_guest(desk, name):
    desk.focus(name)
    for _ in range(2):
        assert_shown(desk, name, desk.hold(name))
        desk.go_on(name)
    check_advance(desk, name)


def check_advance(desk, name):
    """Both heads show later frames as time goes on."""
    for output in desks.OUTPUTS:
        first = desk.stamp(output)
        assert first and first[0] == desk.nonce_of(name) & 0xFFFFFF, f"{output} shows {first}"
        desk.vm.wait(lambda: (desk.stamp(output) or first)[2] >= first[2] + 3, 20,
                     f"{output} stays at frame {first[2]}")


def test_pv_guest_exact(desk):
    """The PV guest's flipped and drawn pictures are exact on both monitors, and advance."""
    check_guest(desk, "work")


def test_pvh_guest_exact(desk):
    """The PVH guest's pictures likewise."""
    check_guest(desk, "web")


def marks(desk, name):
    """{output: (whole picture, rectangle of the guest)} while this guest is shown."""
    desk.focus(name)
    shown = desk.shown()
    return {output: (desk.vm.screendump(head), shown[output][2])
            for head, output in enumerate(desks.OUTPUTS)}


def frame_parts(picture, rect):
    """The four bars of the frame around a guest's rectangle."""
    x, y, width, height = rect
    return [picture.crop(x - FRAME, y - FRAME, width + 2 * FRAME, FRAME),
            picture.crop(x - FRAME, y + height, width + 2 * FRAME, FRAME),
            picture.crop(x - FRAME, y, FRAME, height), picture.crop(x + width, y, FRAME, height)]


def shape(picture):
    """A picture's pattern apart from its colours: each pixel by when its colour came first."""
    order = {}
    return bytes(order.setdefault(picture.pixels[start:start + 3], len(order))
                 for start in range(0, len(picture.pixels), 3))


def test_marks(desk):
    """Strip and frame on each monitor say in colour, pattern and name whose picture it is."""
    seen = {}
    for name in desks.KINDS:
        for output, (picture, rect) in marks(desk, name).items():
            strip = picture.crop(0, 0, picture.width, STRIP)
            bars = frame_parts(picture, rect)
            colours = {colour for bar in bars for colour in bar.colours()}
            assert len(colours) <= 3, f"{output}: {len(colours)} colours around {name}"
            assert colours & strip.colours(), f"{output}: the strip of {name} is not like its frame"
            assert strip.colours() - colours, f"{output}: no name in the strip of {name}"
            seen[name, output] = strip, colours, [shape(bar) for bar in bars[2:]]
    for output in desks.OUTPUTS:
        strip, colours, shapes = seen["work", output]
        other_strip, other_colours, other_shapes = seen["web", output]
        assert colours != other_colours, f"{output}: the same colours for both guests"
        assert shapes != other_shapes, f"{output}: the same pattern for both guests"
        assert shape(strip) != shape(other_strip), f"{output}: the same name for both guests"


def test_no_complaints(desk):
    """The guests' kernels saw neither a time-out nor a wrong event."""
    for name in desks.KINDS:
        assert not desk.kernel_complaints(name), desk.kernel_complaints(name)


def counters(desk):
    stats = desk.vm.stats("vitrined")
    return {key: int(stats[key]) for key in ("bytes_read", "bytes_written", FRAMES_SHOWN,
                                             FRAMES_COMPOSED)}


def settle(desk, frame):
    desk.vm.wait(lambda: (desk.stamp("Virtual-1") or (0, 0, 0))[2] == frame, 20,
                 f"frame {frame} is not shown")


def test_copied_once(desk):
    """What is composed is read once and written once: no counter shows a copy in between.

    The guest flips so fast that nobody looks whether it draws without flipping: each composed frame
    is then as large as the guest's picture.
    """
    desk.focus("work")
    desk.draw(f"-c -r {FAST} -f 5", "flip none", ("work",))
    guest = desk.guests["work"]
    settle(desk, 5)
    before = counters(desk)
    after = guest.mark()
    desk.go_on("work")
    guest.wait_line(r"^guestdraw: now head 0 frame [3-9]\d ", 60, after)
    settle(desk, desk.hold("work")[0])
    delta = {key: value - before[key] for key, value in counters(desk).items()}
    width, height = desks.HEAD_SIZES[0]
    whole = width * height * BYTES_PER_PIXEL
    assert delta["bytes_read"] == delta["bytes_written"], f"read is not written: {delta}"
    assert delta[FRAMES_SHOWN] >= 25, delta
    least, most = delta[FRAMES_SHOWN] * whole, delta[FRAMES_COMPOSED] * whole
    assert least <= delta["bytes_read"] <= most, f"{least} to {most} bytes are right: {delta}"
