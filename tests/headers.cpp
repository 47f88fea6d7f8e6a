// SPDX-License-Identifier: GPL-2.0-or-later
// Nothing of its own: the tests' precompiled header belongs to this object.
