# gst-framewise: samples as DLPack tensors.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import sys
import unittest

import frames
import numpy as np
from frames import GstFramewise


class DLPack(unittest.TestCase):
    def test_every_format_in_the_machines_byte_order_is_a_tensor(self):
        n_tensors = 0
        for name in frames.all_formats():
            sample = frames.noise_sample(name, 13, 7)
            for i, plane in enumerate(GstFramewise.Layout.new_from_sample(sample).planes):
                with self.subTest(f"{name} plane {i}"):
                    mapped = GstFramewise.map(sample, plane=i)
                    if not plane.dtype.isnative:
                        with self.assertRaisesRegex(BufferError, "byte order"):
                            np.from_dlpack(mapped)
                        continue
                    tensor = np.from_dlpack(mapped)
                    self.assertEqual(tensor.dtype, plane.dtype)
                    self.assertEqual(tensor.tobytes(), GstFramewise.to_numpy(sample, i).tobytes())
                    n_tensors += 1
        self.assertGreater(n_tensors, 200)

    def test_it_is_on_the_cpu(self):
        mapped = GstFramewise.map(frames.noise_sample("rgb24", 4, 4))
        self.assertEqual(mapped.__dlpack_device__(), (1, 0))
        mapped.__dlpack__(dl_device=(1, 0))
        with self.assertRaises(BufferError):
            mapped.__dlpack__(dl_device=(2, 0))
        with self.assertRaises(BufferError):
            mapped.__dlpack__(stream=1)

    def test_writable_memory_is_shared(self):
        array = np.zeros((4, 5, 3), np.uint8)
        sample = GstFramewise.from_numpy(array, "rgb24", writable=True)
        self.assertTrue(np.shares_memory(np.from_dlpack(GstFramewise.map(sample)), array))
        copied = np.from_dlpack(GstFramewise.map(sample, copy=True))
        self.assertFalse(np.shares_memory(copied, array))

    def test_read_only_memory_is_copied_or_refused(self):
        array = frames.noise((4, 5, 3), np.dtype("u1"))
        sample = GstFramewise.from_numpy(array, "rgb24")
        tensor = np.from_dlpack(GstFramewise.map(sample))
        np.testing.assert_array_equal(tensor, array)
        self.assertFalse(np.shares_memory(tensor, array))
        with self.assertRaisesRegex(BufferError, "read only"):
            np.from_dlpack(GstFramewise.map(sample, copy=False))
        with self.assertRaisesRegex(BufferError, "read only"):
            GstFramewise.map(sample).__dlpack__(copy=False)

    def test_a_tensor_keeps_the_buffer_and_then_lets_it_go(self):
        array = frames.noise((4, 5, 3), np.dtype("u1"))
        before = sys.getrefcount(array)
        sample = GstFramewise.from_numpy(array, "rgb24", writable=True)
        tensor = np.from_dlpack(GstFramewise.map(sample))
        del sample
        gc.collect()
        self.assertGreater(sys.getrefcount(array), before)
        np.testing.assert_array_equal(tensor, array)
        del tensor
        self.assertEqual(sys.getrefcount(array), before)

    def test_a_capsule_that_nobody_takes_lets_the_buffer_go(self):
        array = frames.noise((4, 5, 3), np.dtype("u1"))
        before = sys.getrefcount(array)
        sample = GstFramewise.from_numpy(array, "rgb24", writable=True)
        capsule = GstFramewise.map(sample).__dlpack__()
        self.assertIn('"dltensor"', repr(capsule))
        del sample
        gc.collect()
        self.assertGreater(sys.getrefcount(array), before)
        del capsule
        self.assertEqual(sys.getrefcount(array), before)


if __name__ == "__main__":
    unittest.main()
