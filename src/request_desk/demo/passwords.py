"""Passwords of the demo's staff: four random words each, easy to copy by eye. Real practices choose their own."""

from random import Random
from typing import Final

from request_desk.domain.passwords import SHORTEST

_FOUR: Final = 4
WORDS: Final = tuple(  # a list of literals would be four hundred lines
    """
    acorn agate alder almond alpine amber anchor anise apron arbor arrow aspen aster atlas attic awning badger bagel ballad
    bamboo banjo barley barn basil basin basket bayou beacon beaver beetle bellow birch biscuit bison blanket blossom bonfire
    bramble brandy brass breeze brick bridge bristle bronze brook broom bucket buckle bugle bundle burrow button cabin cactus
    camel candle canoe canvas canyon caramel carpet carrot cashew castle cavern cedar celery cello chalk chapel cherry
    chestnut chimney chisel cider cinder citrus clarinet clay clover cobalt cobble cocoa coconut comet copper coral cork
    cotton cove crane crater cricket crocus crystal cumin curtain cypress dahlia daisy dapple delta denim dewdrop dogwood
    dorado dove drizzle drum dune dusk easel echo elder ember emerald falcon fathom feather fennel fern ferry fiddle fig
    finch fjord flannel flint flute fog forest fossil foxglove freckle fresco garlic garnet gazebo gecko geyser ginger glacier
    glen gourd granite grape gravel grotto grove gull hammock harbor harp harvest hazel heath hedge heron hickory hollow
    honeydew hopper iceberg indigo inlet iris island ivory ivy jade jasper jetty jigsaw juniper kayak kelp kernel kettle
    kindle kiwi knoll lagoon lantern larch lark lattice laurel lavender ledge lemon lentil lichen lilac linen lizard llama
    lobster locket loft lotus lumber lupine lynx magnet mallow mango mantle maple marble marigold marsh meadow melon mesa
    millet mimosa mint mitten moat mohair moss mulberry muslin mustard myrtle nectar needle nettle nickel nougat nutmeg oak
    oasis oatmeal oboe ochre olive onyx opal orchard orchid oregano osprey otter oyster paddle papaya paprika parsley pastel
    pebble pecan pelican peony petal pewter piano pickle pigeon pine pistachio plaid plateau plum pollen pond poplar poppy
    prairie primrose prism puddle puffin pumpkin quail quarry quartz quill quilt quince rabbit radish raft raisin raven reed
    ribbon ridge river robin rosemary rowan rubble ruby rust saddle saffron sage salmon sandal sapling satin savanna scarf
    sequoia sesame shale shell shore shovel sienna slate sleet sorrel sparrow spindle spruce squash starling stone stork
    stream sumac swallow sycamore tangerine tansy teak teapot thicket thistle thyme tidal timber topaz tortoise trellis
    trout tulip tundra turnip turtle tweed umber valley vanilla velvet verbena vine violet walnut walrus warbler water
    wheat whistle wicker willow windmill wisteria wool wren yarn yarrow yew zephyr zinnia
    """.split()  # noqa: SIM905
)


def four_words(random: Random) -> str:
    """Return four different words with hyphens between them, long enough to be a password."""
    while True:
        password = "-".join(random.sample(WORDS, _FOUR))
        if len(password) >= SHORTEST:
            return password
