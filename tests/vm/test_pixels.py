"""Guests' pictures come to the monitors pixel by pixel, marked as whose they are, copied once."""

import desk as desks
import pictures

NEEDS = ("vitrined", "vitrine-broker")
STRIP = 24
FRAME = 8
BYTES_PER_PIXEL = 4
FRAMES = 12


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


def test_marks(desk):
    """Strip and frame on each monitor say in colour, pattern and name whose picture it is."""
    strips = {}
    for name in desks.KINDS:
        for output, (picture, rect) in marks(desk, name).items():
            strip = picture.crop(0, 0, picture.width, STRIP)
            for part in frame_parts(picture, rect):
                # A pattern has two colours; a plain edge could be any guest's wallpaper.
                assert 2 <= len(part.colours()) <= 4, f"{output}: {len(part.colours())} colours"
                assert part.colours() & strip.colours(), f"{output}: frame and strip are unlike"
            colours = {colour for part in frame_parts(picture, rect) for colour in part.colours()}
            assert strip.colours() - colours, f"{output}: no name in the strip of {name}"
            strips[name, output] = strip, colours
    for output in desks.OUTPUTS:
        strip, colours = strips["work", output]
        other, other_colours = strips["web", output]
        assert strip != other, f"{output}: the same strip for both guests"
        assert colours != other_colours, f"{output}: the same colours for both guests"


def test_no_complaints(desk):
    """The guests' kernels saw neither a time-out nor a wrong event."""
    for name in desks.KINDS:
        assert not desk.kernel_complaints(name), desk.kernel_complaints(name)


def counters(desk):
    stats = desk.vm.stats("vitrined")
    return {key: int(stats[key]) for key in ("bytes_read", "bytes_written", "bytes_compared",
                                             "guest.work.frames_shown")}


def test_copied_once(desk):
    """Each frame is read once and written once: no counter shows a copy in between."""
    desk.focus("work")
    desk.draw("-r 2 -f 3", "flip none", ("work",))
    guest = desk.guests["work"]
    guest.wait_line(r"^guestdraw: held head 0 frame 3 ", 30)
    desk.vm.wait(lambda: desk.stamp("Virtual-1")[2] == 3, 20, "frame 3 is not shown")
    before = counters(desk)
    after = guest.mark()
    guest.run("killall -USR2 guestdraw")
    guest.wait_line(rf"^guestdraw: now head 0 frame (?:{FRAMES}|{FRAMES + 1})\b", 60, after)
    frames = desk.hold("work")
    desk.vm.wait(lambda: desk.stamp("Virtual-1")[2] == frames[0], 20, "the last frame is not shown")
    delta = {key: value - before[key] for key, value in counters(desk).items()}
    width, height = desks.HEAD_SIZES[0]
    whole = delta["guest.work.frames_shown"] * width * height * BYTES_PER_PIXEL
    assert delta["guest.work.frames_shown"] >= FRAMES - 3, delta
    assert delta["bytes_read"] == whole, f"{delta['bytes_read']} bytes read for {whole} of damage"
    assert delta["bytes_written"] == whole, f"{delta['bytes_written']} written for {whole} of damage"
