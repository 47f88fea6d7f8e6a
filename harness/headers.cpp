// SPDX-License-Identifier: GPL-2.0-or-later
// Gives the precompiled headers an object to belong to.
